import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LocalRuntime, startRuntime } from '../../src/local/runtime.ts'
import { startServer } from '../../src/local/server.ts'

let runtime: LocalRuntime

beforeAll(async () => {
  const gone = await startServer(() => {})
  await gone.close()
  runtime = await startRuntime('test/hosts/refused.worker.ts', {
    bindings: {
      DATABASE_URL: `postgres://user:password@127.0.0.1:${gone.port}/database`,
      REDIS_URL: gone.origin,
      CATALOG_URL: gone.origin,
      DISK_URL: gone.origin,
      ALLCLEAR_TOKEN: 'secret',
    },
  })
})
afterAll(() => runtime.close())

// wrangler's test harness sends a Worker's requests through Node, and turns this refusal into a response with status 500.
test.each(['postgres', 'redis', 'catalog', 'disk'])(
  'a refused connection to %s is a failed connection in workerd',
  async (name) => {
    const headers = { authorization: 'Bearer secret' }
    const response = await fetch(`${runtime.origin}/readyz`, { headers })
    const { checks } = (await response.json()) as any
    expect(response.status).toBe(503)
    expect(checks[name]).toMatchObject({
      status: 'unhealthy',
      detail: 'connection failed',
      error: 'Network connection lost.',
    })
  },
)
