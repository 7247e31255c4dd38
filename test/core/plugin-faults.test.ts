import { expect, test } from 'vitest'
import { ConfigError } from '../../src/core/config-error.ts'
import { defineHealth } from '../../src/core/define.ts'
import type { Format, Plugin, Reader } from '../../src/core/plugin.ts'
import { OWN_CLAIMS } from '../../src/core/plugin-faults.ts'
import { text } from '../../src/core/schema.ts'
import { checkOf } from '../health.ts'

function plugin(name: string, part: Partial<Plugin> = {}): Plugin {
  return { name, options: {}, entries: {}, ...part }
}

function reading(...paths: readonly string[]): { readonly readers: readonly Reader[] } {
  return { readers: paths.map((path) => ({ path, answer: () => ({ body: 'hello' }) })) }
}

function formatting(...names: readonly string[]): { readonly formats: readonly Format[] } {
  return { formats: names.map((name) => ({ name, render: () => ({ type: 'text/plain', body: 'hello' }) })) }
}

/** Every fault as a line, `path: message`; none where the definition is accepted. */
function faultsOf(plugins: unknown): readonly string[] {
  try {
    defineHealth({ checks: { good: checkOf(async () => {}) }, plugins: plugins as readonly Plugin[] })
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.message.split('\n')
  }
}

const NO_PLUGIN = 'expected a plugin, such as its factory gives'
const GREETING = { entries: { greeting: text() } }

test.each<[what: string, plugins: unknown, faults: readonly string[]]>([
  ['no array', 'hello', ['plugins: expected an array of plugins']],
  ['a plugin outside an array', plugin('hello'), ['plugins: expected an array of plugins']],
  ['a text', ['hello'], [`plugins.0: ${NO_PLUGIN}`]],
  ['nothing', [undefined, null], [`plugins.0: ${NO_PLUGIN}`, `plugins.1: ${NO_PLUGIN}`]],
  ['a factory that was not called', [plugin('hello'), plugin], [`plugins.1: ${NO_PLUGIN}`]],
  ['a plugin without a name', [{ options: {}, entries: {} }], [`plugins.0: ${NO_PLUGIN}`]],
  ['a plugin without schemas', [{ name: 'hello', options: {} }], [`plugins.0: ${NO_PLUGIN}`]],
  [
    'an option that is wrong',
    [plugin('hello', { ...GREETING, options: { greeting: '' } })],
    ['plugins.hello.greeting: expected a string that is not empty, received ""'],
  ],
  [
    'an option that is missing',
    [plugin('hello', GREETING)],
    ['plugins.hello.greeting: required, but missing'],
  ],
  [
    'an unknown option',
    [plugin('hello', { ...GREETING, options: { greeting: 'hi', colour: 'red' } })],
    ['plugins.hello.colour: unknown option; the options here are greeting'],
  ],
  [
    'options that are no object',
    [plugin('hello', { options: 'https://app:hunter2@example.com' as never })],
    ['plugins.hello: expected an object, received a string'],
  ],
  [
    'a plugin that needs others',
    [plugin('feed', { needs: ['changes', 'history'] }), plugin('history')],
    ['plugins.feed: needs the plugin changes, which is not there'],
  ],
  [
    'two plugins with one path: the later one is at fault',
    [plugin('one', reading('/hello')), plugin('two', reading('/other', '/hello'))],
    ['plugins.two: claims the path /hello, which the plugin one has'],
  ],
  [
    'two paths that some request fits both of',
    [plugin('one', reading('/badge/:name')), plugin('two', reading('/badge/all', '/:any/thing'))],
    [
      'plugins.two: claims the path /badge/all, which the plugin one has',
      'plugins.two: claims the path /:any/thing, which Allclear itself has',
      'plugins.two: claims the path /:any/thing, which the plugin one has',
    ],
  ],
  [
    'two plugins with one format',
    [plugin('one', formatting('words')), plugin('two', formatting('words'))],
    ['plugins.two: claims the format words, which the plugin one has'],
  ],
  [
    'paths and formats of Allclear itself',
    [plugin('hello', { ...reading('/metrics', '/readyz/all', '/:any'), ...formatting('json') })],
    [
      'plugins.hello: claims the path /metrics, which Allclear itself has',
      'plugins.hello: claims the path /readyz/all, which Allclear itself has',
      ...['/healthz', '/livez', '/readyz', '/startupz', '/metrics'].map(
        () => 'plugins.hello: claims the path /:any, which Allclear itself has',
      ),
      'plugins.hello: claims the format json, which Allclear itself has',
    ],
  ],
  ...[
    { readers: 'x' },
    { readers: {} },
    { readers: [null] },
    { readers: [{ path: 'hello', answer: () => ({ body: '' }) }] },
    { readers: [{ path: 5, answer: () => ({ body: '' }) }] },
    { readers: [{ path: '/hello' }] },
    { formats: {} },
    { formats: ['words'] },
    { formats: [{ name: 'words' }] },
    { formats: [{ render: () => ({ type: '', body: '' }) }] },
    { needs: 'abc' },
  ].map((part): [string, unknown, readonly string[]] => [
    `a plugin with ${JSON.stringify(part)}`,
    [plugin('odd', part as unknown as Partial<Plugin>), plugin('two', { options: { x: 1 } })],
    [
      'plugins.odd: expected needs: [name], formats: [{ name, render }], and readers: [{ path, answer }] with paths that begin with /',
      'plugins.two.x: unknown option; the options here are none',
    ],
  ]),
])('%s', (_, plugins, faults) => {
  expect(faultsOf(plugins)).toEqual(faults)
})

test.each<[what: string, plugins: readonly Plugin[]]>([
  ['none', []],
  ['one without anything', [plugin('hello')]],
  ['one that needs a later one', [plugin('feed', { needs: ['changes'] }), plugin('changes')]],
  ['paths of different lengths', [plugin('one', reading('/hello')), plugin('two', reading('/hello/:name'))]],
  ['paths that differ in one part', [plugin('one', reading('/a/:name')), plugin('two', reading('/b/:name'))]],
  ['a path and a format of one name', [plugin('one', reading('/words')), plugin('two', formatting('words'))]],
  ['a path at the root', [plugin('page', reading('/'))]],
])('accepted: %s', (_, plugins) => {
  expect(faultsOf(plugins)).toEqual([])
})

test('every claim of Allclear itself is refused to a plugin', () => {
  const paths = OWN_CLAIMS.flatMap((claim) => (claim.startsWith('path ') ? [claim.slice(5)] : []))
  expect(paths).toContain('/readyz/:name')
  for (const path of paths) expect(faultsOf([plugin('hello', reading(path))])).toHaveLength(1)
})

test('all faults of all plugins are in one error', () => {
  const plugins = [
    plugin('feed', { needs: ['changes'], options: { colour: 'red' } }),
    'page',
    plugin('badges', { ...reading('/livez'), ...formatting('words') }),
    plugin('words', formatting('words')),
  ]
  expect(faultsOf(plugins)).toEqual([
    'plugins.feed.colour: unknown option; the options here are none',
    'plugins.feed: needs the plugin changes, which is not there',
    `plugins.1: ${NO_PLUGIN}`,
    'plugins.badges: claims the path /livez, which Allclear itself has',
    'plugins.words: claims the format words, which the plugin badges has',
  ])
})
