import { afterAll, beforeAll, expect, test } from 'vitest'
import { startWorker } from '../harness.ts'

let worker: Awaited<ReturnType<typeof startWorker>>
beforeAll(async () => void (worker = await startWorker('test/hosts/partial.worker.ts')))
afterAll(() => worker.close())

test('the poll that starts a round gets all that it found, though a check hangs to its end', async () => {
  const response = await worker.fetch('/readyz')
  const { checks, regions } = (await response.json()) as any
  expect(response.status).toBe(503)
  expect(checks.quick).toMatchObject({ status: 'healthy', detail: '' })
  expect(checks.deaf).toMatchObject({ status: 'unknown', detail: 'timeout' })
  expect(Object.keys(regions)).toEqual(['weur', 'enam', 'apac'])
})
