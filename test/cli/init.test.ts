import { execFileSync } from 'node:child_process'
import { mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadConfig } from '../../src/cli/config.ts'
import { secretsIn } from '../../src/probe/secrets.ts'
import { folderWith, sceneOf, spawned } from './scene.ts'

const OURS = join(import.meta.dirname, '../..')

async function read(...path: string[]): Promise<string> {
  return readFile(join(...path), 'utf8')
}

/** The commands at the end of the output of `init`. */
function commandsIn(out: string): string[] {
  const [, commands = ''] = out.split('Next:\n')
  return commands
    .trimEnd()
    .split('\n')
    .map((line) => line.slice(2))
}

test('in an empty folder it writes the files of a first deploy and ends with the next commands', async () => {
  const cwd = await folderWith()
  const { allclear, out } = sceneOf({ cwd })
  expect(await allclear('init', '--dir', 'my shop')).toBe(0)
  expect(`\n${out().replaceAll(OURS, 'ALLCLEAR')}`).toMatchInlineSnapshot(`
    "
    wrote  package.json
    wrote  health.config.ts
    wrote  wrangler.toml
    wrote  src/worker.ts

    Say in health.config.ts what to check. Next:
      cd 'my shop'
      (cd ALLCLEAR && npm install && npm pack)   # no registry has Allclear yet
      npm i ALLCLEAR/allclear-0.1.0.tgz
      npm i -D wrangler
      echo 'CATALOG_URL=https://example.com' >> .dev.vars
      echo 'ALLCLEAR_TOKEN=a-token-of-mine' >> .dev.vars
      echo '.dev.vars' >> .gitignore
      npx allclear check --env-file .dev.vars
      npx wrangler dev
      curl localhost:8787/readyz        # in a second terminal
      npx wrangler secret put CATALOG_URL
      npx wrangler secret put ALLCLEAR_TOKEN
      npx wrangler deploy
    "
  `)
  const root = join(cwd, 'my shop')
  expect(JSON.parse(await read(root, 'package.json'))).toEqual({
    name: 'my-shop',
    private: true,
    type: 'module',
  })
  expect(await read(root, 'wrangler.toml')).toContain('name = "my-shop"\nmain = "src/worker.ts"\n')
  expect(await read(root, 'health.config.ts')).toContain("service: { name: 'my-shop' }")
})

test('where Allclear is installed nothing is said of that, and a package keeps its package.json', async () => {
  const manifest = '{ "name": "@acme/My Shop" }'
  const cwd = await folderWith({ 'package.json': manifest })
  await mkdir(join(cwd, 'node_modules/allclear'), { recursive: true })
  const { allclear, out } = sceneOf({ cwd })
  expect(await allclear('init')).toBe(0)
  expect(commandsIn(out()).slice(0, 2)).toEqual([
    'npm pkg set type=module           # if no .js file of yours is CommonJS',
    'npm i -D wrangler',
  ])
  expect(await read(cwd, 'package.json')).toBe(manifest)
  expect(await read(cwd, 'wrangler.toml')).toContain('name = "acme-my-shop"')
})

test('its commands give the definition what it reads, and are not said twice', async () => {
  const cwd = await folderWith({
    '.gitignore': 'node_modules',
    '.dev.vars': 'REDIS_URL=x\n',
    'package.json': '{ "type": "module" }',
    'health.config.ts': `
      // not env.OLD_URL
      const base = 'https://example.com/' /* nor env.OLDER */
      redis({ url: (env) => env.REDIS_URL, token: (env) => env.REDIS_TOKEN }), http({ url: ({ env }) => env.REDIS_URL })`,
  })
  const first = sceneOf({ cwd })
  await first.allclear('init')
  const echoes = commandsIn(first.out()).filter((command) => command.startsWith('echo'))
  expect(echoes).toEqual([
    `echo 'REDIS_TOKEN=...' >> .dev.vars`,
    `echo 'ALLCLEAR_TOKEN=a-token-of-mine' >> .dev.vars`,
    'echo >> .gitignore',
    `echo '.dev.vars' >> .gitignore`,
  ])
  for (const command of echoes) execFileSync('sh', ['-c', command], { cwd })
  expect(await read(cwd, '.dev.vars')).toBe('REDIS_URL=x\nREDIS_TOKEN=...\nALLCLEAR_TOKEN=a-token-of-mine\n')
  expect(await read(cwd, '.gitignore')).toBe('node_modules\n.dev.vars\n')
  const second = sceneOf({ cwd })
  await second.allclear('init')
  expect(second.out()).not.toContain('echo')
})

test.each([
  ['intervalMs: 60_000,', 'crons = ["* * * * *"]'],
  ['// intervalMs: 60_000,', '# crons = ["* * * * *"]'],
])('a definition with %j makes the cron trigger %j', async (option, line) => {
  const cwd = await folderWith({ 'health.config.ts': `export default defineHealth({\n  ${option}\n})` })
  await sceneOf({ cwd }).allclear('init')
  expect((await read(cwd, 'wrangler.toml')).split('\n')).toContain(line)
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
  const mine = { 'health.config.mts': 'mine', 'package.json': '{"type":"module"}', 'wrangler.jsonc': 'mine' }
  const cwd = await folderWith(mine)
  const { allclear, out } = sceneOf({ cwd })
  expect(await allclear('init')).toBe(0)
  expect(`\n${out().replaceAll(OURS, 'ALLCLEAR')}`).toMatchInlineSnapshot(`
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

    # Only with an \`intervalMs\` in the definition: revives a region whose background rounds were lost.
    # [triggers]
    # crons = ["* * * * *"]

    Say in health.config.mts what to check. Next:
      (cd ALLCLEAR && npm install && npm pack)   # no registry has Allclear yet
      npm i ALLCLEAR/allclear-0.1.0.tgz
      npm i -D wrangler
      echo 'ALLCLEAR_TOKEN=a-token-of-mine' >> .dev.vars
      echo '.dev.vars' >> .gitignore
      npx allclear check --env-file .dev.vars
      npx wrangler dev
      curl localhost:8787/readyz        # in a second terminal
      npx wrangler secret put ALLCLEAR_TOKEN
      npx wrangler deploy
    "
  `)
  for (const [name, text] of Object.entries(mine)) expect(await read(cwd, name)).toBe(text)
  expect((await readdir(cwd)).toSorted()).toEqual([
    'health.config.mts',
    'package.json',
    'src',
    'wrangler.jsonc',
  ])
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
  const cwd = await folderWith({ 'package.json': '{}' })
  await symlink(join(cwd, 'elsewhere'), join(cwd, 'health.config.ts'))
  const { allclear, err } = sceneOf({ cwd })
  expect(await allclear('init')).toBe(3)
  expect(err()).toContain('health.config.ts cannot be written: EEXIST')
  expect(await readdir(cwd)).toEqual(['health.config.ts', 'package.json'])
})

test('it says so when every file exists already', async () => {
  const cwd = await folderWith({ 'package.json': '{"type":"module"}' })
  await sceneOf({ cwd }).allclear('init')
  const { allclear, out } = sceneOf({ cwd })
  expect(await allclear('init')).toBe(0)
  expect(`\n${out().replaceAll(OURS, 'ALLCLEAR')}`).toMatchInlineSnapshot(`
    "
    left   health.config.ts, which is there already
    left   wrangler.toml, which is there already
    left   src/worker.ts, which is there already

    Everything is there already; nothing was written.

    Say in health.config.ts what to check. Next:
      (cd ALLCLEAR && npm install && npm pack)   # no registry has Allclear yet
      npm i ALLCLEAR/allclear-0.1.0.tgz
      npm i -D wrangler
      echo 'CATALOG_URL=https://example.com' >> .dev.vars
      echo 'ALLCLEAR_TOKEN=a-token-of-mine' >> .dev.vars
      echo '.dev.vars' >> .gitignore
      npx allclear check --env-file .dev.vars
      npx wrangler dev
      curl localhost:8787/readyz        # in a second terminal
      npx wrangler secret put CATALOG_URL
      npx wrangler secret put ALLCLEAR_TOKEN
      npx wrangler deploy
    "
  `)
})

test.skipIf(process.platform !== 'linux')(
  'a folder that the system refuses is one clear line, and 3',
  async () => {
    const { code, out, err } = await spawned(['init', '--dir', '/proc/allclear/shop'])
    expect([code, out]).toEqual([3, ''])
    expect(err).toMatch(/^allclear: init: package\.json cannot be written: ENOENT: .*\n$/)
  },
)

test('a folder that cannot be written to is one clear line, and 3', async () => {
  const cwd = await folderWith({ file: '' })
  const { allclear, err } = sceneOf({ cwd })
  expect(await allclear('init', '--dir', 'file')).toBe(3)
  expect(err()).toMatch(/^allclear: init: package\.json cannot be written: E[A-Z]+: .*\n$/)
})

test('it makes a missing folder', async () => {
  const cwd = await folderWith()
  expect(await sceneOf({ cwd }).allclear('init', '--dir', 'a/new-shop')).toBe(0)
  expect(await read(cwd, 'a/new-shop/wrangler.toml')).toContain('name = "new-shop"')
})
