import { readFileSync } from 'node:fs'
import { cp, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LocalUpstash, startUpstash } from '../../src/local/upstash.ts'
import { mustRun } from '../run.ts'

const ROOT = join(import.meta.dirname, '../..')

let house: string
let upstash: LocalUpstash

/** A copy of the house, to build in. */
beforeAll(async () => {
  upstash = await startUpstash({ engine: 'memory' })
  house = await realpath(await mkdtemp(join(tmpdir(), 'allclear-recipe-')))
  await cp(join(ROOT, 'src'), join(house, 'src'), { recursive: true })
  await symlink(join(ROOT, 'node_modules'), join(house, 'node_modules'), 'junction')
  for (const name of ['package.json', 'tsconfig.json']) await cp(join(ROOT, name), join(house, name))
})
afterAll(async () => {
  await upstash.close()
  await rm(house, { recursive: true, force: true })
})

test('the recipe for a check leads to a check that compiles and runs', async () => {
  const recipe = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8')
  const [, model = ''] = /## To add a check\n\n1\. Copy \[`(src\/checks\/\w+\.ts)`\]/.exec(recipe) ?? []
  const names = /rename `(\w+)`, `(\w+)` and `kind`/.exec(recipe)
  const [, factory = '', options = ''] = names ?? []
  const copy = readFileSync(join(ROOT, model), 'utf8')
    .replaceAll(`${factory}<`, 'valkey<')
    .replaceAll(options, 'ValkeyOptions')
    .replace(`kind: '${factory}'`, `kind: 'valkey'`)
  await writeFile(join(house, 'src/checks/valkey.ts'), copy)
  const door = join(house, 'src/index.ts')
  await writeFile(door, `export { valkey } from './checks/valkey.ts'\n${readFileSync(door, 'utf8')}`)
  await writeFile(
    join(house, 'health.config.ts'),
    `import { defineHealth, valkey } from './src/index.ts'
    interface Env { readonly URL: string; readonly TOKEN: string }
    const it = valkey<Env>({ url: ({ URL }) => URL, token: ({ TOKEN }) => TOKEN, degradedAboveMs: 60_000 })
    export default defineHealth<Env>({ checks: { it } })`,
  )
  await mustRun('node', [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', house, '--noEmit'])
  const env = { ...process.env, URL: upstash.url, TOKEN: upstash.token }
  const stdout = await mustRun('node', ['src/cli.ts', 'check', '--json'], { cwd: house, env })
  expect(JSON.parse(stdout)).toMatchObject({ status: 'healthy', checks: { it: { status: 'healthy' } } })
})
