import { mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadConfig } from '../../src/cli/config.ts'
import { secretsIn } from '../../src/probe/secrets.ts'
import { folderWith, sceneOf } from './scene.ts'

const OURS = join(import.meta.dirname, '../..')

async function read(...path: string[]): Promise<string> {
  return readFile(join(...path), 'utf8')
}

test('it writes the files of a first deploy and names the next steps', async () => {
  const cwd = await folderWith({ 'package.json': '{ "name": "@acme/My Shop" }' })
  const { allclear, out } = sceneOf({ cwd })
  expect(await allclear('init')).toBe(0)
  expect(`\n${out()}`).toMatchInlineSnapshot(`
    "
    wrote  health.config.ts
    wrote  wrangler.toml
    wrote  src/worker.ts

    Next:
      npm install allclear
      say in health.config.ts what to check
      npx allclear check
      npx wrangler secret put ALLCLEAR_TOKEN
      npx wrangler deploy
    "
  `)
  expect(await read(cwd, 'wrangler.toml')).toContain('name = "acme-my-shop"\nmain = "src/worker.ts"\n')
  expect(await read(cwd, 'health.config.ts')).toContain("service: { name: 'acme-my-shop' }")
})

test('it writes the same files as in the README and our own Worker', async () => {
  const cwd = await folderWith()
  await sceneOf({ cwd }).allclear('init')
  const [worker, wrangler, readme, own] = await Promise.all([
    read(cwd, 'src/worker.ts'),
    read(cwd, 'wrangler.toml'),
    read(OURS, 'README.md'),
    read(OURS, 'wrangler.toml'),
  ])
  expect(readme).toContain(worker.replace('../health.config', './health.config'))
  for (const line of wrangler.split('\n').filter((line) => /^(?!#|name|main).+/.test(line))) {
    expect(own, line).toContain(line)
  }
})

test('the first definition loads', async () => {
  const cwd = await folderWith()
  await sceneOf({ cwd }).allclear('init')
  const loaded = await loadConfig({ cwd, path: undefined, secrets: secretsIn({}) })
  expect(loaded).toMatchObject({ health: { checks: { catalog: { policy: { critical: false } } } } })
})

test('it changes no existing file, and says so', async () => {
  const mine = { 'health.config.mts': 'mine', 'wrangler.jsonc': 'mine' }
  const cwd = await folderWith(mine)
  const { allclear, out } = sceneOf({ cwd })
  expect(await allclear('init')).toBe(0)
  expect(`\n${out()}`).toMatchInlineSnapshot(`
    "
    wrote  src/worker.ts
    left   health.config.mts, which is there already
    left   wrangler.jsonc, which is there already

    wrangler.jsonc needs this, if it has none of it yet:

    [exports.Cell]
    type = "durable-object"
    storage = "sqlite"

    [[durable_objects.bindings]]
    name = "CELL"
    class_name = "Cell"

    # With \`intervalMs\`: revives a region whose background rounds were lost.
    [triggers]
    crons = ["* * * * *"]

    Next:
      npm install allclear
      say in health.config.mts what to check
      npx allclear check
      npx wrangler secret put ALLCLEAR_TOKEN
      npx wrangler deploy
    "
  `)
  for (const name of Object.keys(mine)) expect(await read(cwd, name)).toBe('mine')
  expect((await readdir(cwd)).toSorted()).toEqual(['health.config.mts', 'src', 'wrangler.jsonc'])
  expect(await read(cwd, 'src/worker.ts')).toContain("from '../health.config.mjs'")
})

test('a config in src is next to the Worker', async () => {
  const cwd = await folderWith()
  await mkdir(join(cwd, 'src'))
  await writeFile(join(cwd, 'src/health.config.ts'), 'mine')
  await sceneOf({ cwd }).allclear('init')
  expect(await read(cwd, 'src/worker.ts')).toContain("from './health.config'")
})

test('a link that leads nowhere yet is not written through', async () => {
  const cwd = await folderWith()
  await symlink(join(cwd, 'elsewhere'), join(cwd, 'health.config.ts'))
  const { allclear, err } = sceneOf({ cwd })
  expect(await allclear('init')).toBe(3)
  expect(err()).toContain('health.config.ts cannot be written: EEXIST')
  expect(await readdir(cwd)).toEqual(['health.config.ts'])
})

test('it says so when every file exists already', async () => {
  const cwd = await folderWith()
  await sceneOf({ cwd }).allclear('init')
  const { allclear, out } = sceneOf({ cwd })
  expect(await allclear('init')).toBe(0)
  expect(`\n${out()}`).toMatchInlineSnapshot(`
    "
    left   health.config.ts, which is there already
    left   wrangler.toml, which is there already
    left   src/worker.ts, which is there already

    Everything is there already; nothing was written.
    "
  `)
})

test('a folder that cannot be written to is one clear line, and 3', async () => {
  const cwd = await folderWith({ file: '' })
  const { allclear, err } = sceneOf({ cwd })
  expect(await allclear('init', '--dir', 'file')).toBe(3)
  expect(err()).toMatch(/^allclear: init: health\.config\.ts cannot be written: E[A-Z]+: .*\n$/)
})

test('it makes a missing folder', async () => {
  const cwd = await folderWith()
  expect(await sceneOf({ cwd }).allclear('init', '--dir', 'a/new-shop')).toBe(0)
  expect(await read(cwd, 'a/new-shop/wrangler.toml')).toContain('name = "new-shop"')
})
