import { afterAll, beforeAll, expect, test } from 'vitest'
import { startServer } from '../../src/local/server.ts'
import { startWorker } from '../harness.ts'

let worker: Awaited<ReturnType<typeof startWorker>>
let target: Awaited<ReturnType<typeof startServer>>

beforeAll(async () => {
  target = await startServer(({ path }, response) => {
    if (path.startsWith('/answers')) response.end('ok')
  })
  worker = await startWorker('test/hosts/many.worker.ts', { TARGET: target.origin })
})
afterAll(() => Promise.all([worker.close(), target.close()]))

test('with no poll at all, a cron trigger sets rounds going in the background', async () => {
  await worker.getWorker().scheduled({ cron: '* * * * *' })
  await target.faults.arrived(200)
  expect(target.faults.hits(), 'each check once').toBe(200)
})

test('of 200 checks in a region, 40 of which hang, each healthy one is reported healthy at its own pace', async () => {
  const response = await worker.fetch('/readyz')
  const { status, checks } = (await response.json()) as any
  expect([response.status, status]).toEqual([200, 'degraded'])
  expect(Object.keys(checks)).toHaveLength(200)
  for (const [name, check] of Object.entries<any>(checks)) {
    if (name.startsWith('hangs')) {
      expect(check, name).toMatchObject({ status: 'unhealthy', detail: 'timeout' })
    } else {
      expect(check, name).toMatchObject({ status: 'healthy', detail: '' })
      // Six at once in an invocation and none queued behind a hanging one, so no wait is in it.
      expect(check.duration_ms, name).toBeLessThan(2000)
    }
  }
})
