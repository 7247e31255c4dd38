import { join } from 'node:path'
import { expect, test } from 'vitest'
import { withEnvFile } from '../../src/cli/env-file.ts'
import { folderWith, sceneOf, spawned } from './scene.ts'

test.each<[string, string, Record<string, string>]>([
  ['a comment and an empty line', '# the shop\n\nA=1 # one\n', { A: '1' }],
  ['quotes', `A="b c"\nB='d'\nC=\`e\``, { A: 'b c', B: 'd', C: 'e' }],
  ['a value of several lines', 'A="b\nc d\ne"\nF=1', { A: 'b\nc d\ne', F: '1' }],
  ['a quote that does not end', `A="b\nB=it's`, { A: '"b', B: "it's" }],
  ['export, blanks and an empty value', 'export A = 1\n  B=\n', { A: '1', B: '' }],
  ['the ends of lines of Windows, and its mark', '\ufeffA=1\r\nB=2\r\n', { A: '1', B: '2' }],
  ['nothing', '', {}],
])('it reads %s', async (_, text, env) => {
  const cwd = await folderWith({ '.dev.vars': text })
  expect(await withEnvFile('.dev.vars', { cwd, env: {} })).toEqual({ env })
})

test('a check gets them, and a variable that exists keeps its value, an empty one too', async () => {
  const cwd = await folderWith({ '.dev.vars': 'DATABASE=unhealthy\nCACHE=unhealthy\nBOOT=unhealthy\n' })
  const env = { DATABASE: 'healthy', BOOT: '' }
  expect(await withEnvFile('.dev.vars', { cwd, env })).toEqual({
    env: { DATABASE: 'healthy', CACHE: 'unhealthy', BOOT: '' },
  })
  const { allclear, out } = sceneOf({ env: { DATABASE: 'degraded' } })
  expect(await allclear('check', '--env-file', join(cwd, '.dev.vars'))).toBe(1)
  expect(out()).toContain('is unhealthy (1 degraded, 2 unhealthy)')
  expect([env, process.env['CACHE']]).toEqual([{ DATABASE: 'healthy', BOOT: '' }, undefined])
})

test('its values are taken out of the faults of a config', async () => {
  const cwd = await folderWith({
    '.dev.vars': 'DATABASE_URL=postgres://shop:hunter22@db.example/shop',
    'health.config.mjs': `throw new Error('no host in postgres://shop:hunter22@db.example/shop')`,
  })
  const { code, err } = await spawned(['check', '--env-file', '.dev.vars'], { cwd })
  expect([code, err]).toEqual([3, 'allclear: health.config.mjs: no host in [redacted]\n'])
})

test.each([
  ['missing', 'missing: no such file'],
  ['.', '.: this is no file'],
  ['words', 'words: line 3: expected NAME=VALUE'],
  ['yaml', 'yaml: line 1: expected NAME=VALUE'],
  ['quoted', 'quoted: line 3: expected NAME=VALUE'],
])('%s is one clear line without its text, and 3', async (path, error) => {
  const cwd = await folderWith({
    words: '# one\nA=1\nhunter2\n',
    yaml: 'TOKEN: hunter2\n',
    quoted: 'A="b\nc"\nhunter2',
  })
  const { allclear, out, err } = sceneOf({ cwd })
  expect(await allclear('check', '--env-file', path)).toBe(3)
  expect([out(), err()]).toEqual(['', `allclear: --env-file: ${error}\n`])
})
