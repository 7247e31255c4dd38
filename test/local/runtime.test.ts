import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { unstable_readConfig as readConfig } from 'wrangler'
import { COMPATIBILITY, startRuntime } from '../../src/local/runtime.ts'

const ROOT = join(import.meta.dirname, '../..')
const require = createRequire(import.meta.url)

test('a Worker runs here with the settings that it is deployed with', () => {
  const config = readConfig({ config: join(ROOT, 'wrangler.toml') })
  expect(COMPATIBILITY).toEqual({
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags,
  })
  expect(config.exports).toEqual({ Cell: { type: 'durable-object', storage: 'sqlite' } })
  expect(config.durable_objects.bindings).toEqual([{ name: 'CELL', class_name: 'Cell' }])
})

test('Miniflare has the version that wrangler pins, so there is one workerd', () => {
  const { devDependencies } = require('../../package.json')
  expect(devDependencies.miniflare).toBe(require('wrangler/package.json').dependencies.miniflare)
})

test('a Worker that cannot be bundled is a clear error', async () => {
  await expect(startRuntime('src/nothing.worker.ts')).rejects.toThrow(
    'Could not resolve "src/nothing.worker.ts"',
  )
})
