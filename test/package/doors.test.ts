import { isBuiltin } from 'node:module'
import { describe, expect, test } from 'vitest'
import { reachedFrom } from './graph.ts'

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
