import { isBuiltin } from 'node:module'
import { describe, expect, test } from 'vitest'
import { join } from 'node:path'
import { mustRun } from '../run.ts'
import { reachedFrom } from './graph.ts'

const ROOT = join(import.meta.dirname, '../..')

const WORKERD = ['workerd', 'worker', 'browser']
const NODE = ['node']

const ofCloudflare = (path: string): boolean => path.startsWith('cloudflare:')
const ofNode = (path: string): boolean =>
  isBuiltin(path) || /node_modules\/(@hono\/node-server|jiti)\//.test(path)

describe("Cloudflare's module", () => {
  test('is imported through its own door', async () => {
    expect(await reachedFrom('cloudflare.ts', WORKERD)).toContain('cloudflare:workers')
  })

  test.each(['index.ts', 'fetch.ts', 'lambda.ts', 'node.ts', 'cli.ts'])('is not through %s', async (file) => {
    expect((await reachedFrom(file, NODE)).filter(ofCloudflare)).toEqual([])
  })
})

describe("Node's modules, its server and the loader of configs", () => {
  test('are imported through its own door', async () => {
    expect((await reachedFrom('node.ts', NODE)).filter(ofNode)).not.toEqual([])
  })

  test.each(['index.ts', 'cloudflare.ts', 'fetch.ts'])('are not through %s', async (file) => {
    expect((await reachedFrom(file, WORKERD)).filter(ofNode)).toEqual([])
  })

  test.each(['lambda.ts', 'node.ts'])('the loader of configs is not even through %s', async (file) => {
    expect((await reachedFrom(file, NODE)).filter((path) => path.includes('node_modules/jiti/'))).toEqual([])
  })
})

test.each(['index.ts', 'cloudflare.ts', 'fetch.ts', 'lambda.ts', 'node.ts'])(
  'nothing through %s awaits at its top level, so that it can be required',
  async (file) => {
    const conditions = file === 'cloudflare.ts' ? WORKERD : NODE
    await expect(reachedFrom(file, conditions, 'cjs')).resolves.toContain(`src/${file}`)
  },
)

test('the door of Lambda loads neither the HTTP of Node nor its fetch before a request comes: a cold start pays for them', async () => {
  const script = `await import('./src/lambda.ts'); console.log(JSON.stringify(process.moduleLoadList))`
  const env = { UPSTASH_REDIS_REST_URL: '', UPSTASH_REDIS_REST_TOKEN: '' }
  const loaded = JSON.parse(
    await mustRun('node', ['--input-type=module', '-e', script], {
      cwd: ROOT,
      env: { ...process.env, ...env },
    }),
  )
  const heavy = ['http', 'https', 'internal/deps/undici/undici'].map((name) => `NativeModule ${name}`)
  expect(loaded.filter((name: string) => heavy.includes(name))).toEqual([])
})
