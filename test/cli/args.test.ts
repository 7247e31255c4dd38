import { expect, test } from 'vitest'
import { commandOf } from '../../src/cli/args.ts'
import { sceneOf } from './scene.ts'

const SHOW = { json: false, watch: false, intervalMs: 5000 }

test.each([
  ['check', { kind: 'check', options: { ...SHOW, only: undefined, config: undefined, envFile: undefined } }],
  [
    'check --config a.ts --env-file .env --only a,b --only=c --json',
    {
      kind: 'check',
      options: { ...SHOW, json: true, only: ['a', 'b', 'c'], config: 'a.ts', envFile: '.env' },
    },
  ],
  [
    'check --watch --interval 0.5',
    {
      kind: 'check',
      options: {
        ...SHOW,
        watch: true,
        intervalMs: 500,
        only: undefined,
        config: undefined,
        envFile: undefined,
      },
    },
  ],
  [
    'poll http://localhost --timeout 3 --token-env T',
    { kind: 'poll', options: { ...SHOW, url: 'http://localhost', timeoutMs: 3000, tokenEnv: 'T' } },
  ],
  [
    'poll --json http://localhost',
    {
      kind: 'poll',
      options: { ...SHOW, json: true, url: 'http://localhost', timeoutMs: 15_000, tokenEnv: undefined },
    },
  ],
  ['init', { kind: 'init', options: { dir: '.' } }],
  ['init --dir there', { kind: 'init', options: { dir: 'there' } }],
  ['help', { kind: 'help', topic: undefined }],
  ['--help', { kind: 'help', topic: undefined }],
  ['help poll', { kind: 'help', topic: 'poll' }],
  ['check --watch -h', { kind: 'help', topic: 'check' }],
  ['--version', { kind: 'version' }],
])('allclear %s', (line, command) => {
  expect(commandOf(line.split(' '))).toEqual(command)
})

test.each([
  ['nope', 'no command is named "nope"; known: check, poll, init'],
  ['help nope', 'no command is named "nope"; known: check, poll, init'],
  ['--json check', 'no command is named "--json"; known: check, poll, init'],
  ['check --nope', "check: unknown option '--nope'; see allclear help check"],
  ['check -x', "check: unknown option '-x'; see allclear help check"],
  ['check --config', "check: option '--config <value>' argument missing; see allclear help check"],
  ['check --config --json', "check: option '--config' argument is ambiguous; see allclear help check"],
  ['check --json=yes', "check: option '--json' does not take an argument; see allclear help check"],
  ['check health.config.ts', 'check: unexpected argument "health.config.ts"; see allclear help check'],
  ['check --only ,', 'check: --only names no check; see allclear help check'],
  ['check --interval 5', 'check: --interval goes with --watch; see allclear help check'],
  [
    'check --watch --interval often',
    'check: --interval: expected seconds from 0.1 to 86400, received "often"; see allclear help check',
  ],
  ['poll', 'poll: expected a URL; see allclear help poll'],
  ['poll http://a http://b', 'poll: unexpected argument "http://b"; see allclear help poll'],
  ['poll http://a --token t', "poll: unknown option '--token'; see allclear help poll"],
  [
    'poll http://a --timeout 1e9',
    'poll: --timeout: expected seconds from 0.1 to 86400, received "1e9"; see allclear help poll',
  ],
  ['init there', 'init: unexpected argument "there"; see allclear help init'],
])('allclear %s is one clear line, and 3', async (line, error) => {
  const { allclear, out, err } = sceneOf()
  expect(await allclear(...line.split(' '))).toBe(3)
  expect([out(), err()]).toEqual(['', `allclear: ${error}\n`])
})

test('help is an answer, and a command line without a command a complaint', async () => {
  const [asked, check, nothing] = [sceneOf(), sceneOf(), sceneOf()]
  expect(await asked.allclear('--help')).toBe(0)
  expect(asked.out()).toContain('allclear poll URL')
  expect(await check.allclear('help', 'check')).toBe(0)
  expect(check.out()).toContain('--only NAMES')
  expect(await nothing.allclear()).toBe(3)
  expect([nothing.out(), nothing.err()]).toEqual(['', asked.out()])
})

test('help fits a terminal', async () => {
  for (const topic of ['', 'check', 'poll', 'init']) {
    const { allclear, out } = sceneOf()
    await allclear('help', ...topic.split(' ').filter(Boolean))
    for (const line of out().split('\n')) expect(line.length, line).toBeLessThanOrEqual(84)
  }
})

test('the version is the one of the package', async () => {
  const { allclear, out } = sceneOf()
  expect(await allclear('--version')).toBe(0)
  expect(out()).toMatch(/^\d+\.\d+\.\d+\n$/)
})
