import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Result } from '../../src/core/check-state.ts'
import type { Store } from '../../src/stores/store.ts'
import { startWorker } from '../harness.ts'
import { leaseIn, storeSuite } from './store.suite.ts'

let server: Awaited<ReturnType<typeof startWorker>>
beforeAll(async () => void (server = await startWorker('test/stores/cell.worker.ts')))
afterAll(() => server.close())

let objects = 0
const GOOD: Result = { status: 'healthy', detail: '', durationMs: 12 }
const BAD: Result = { status: 'unhealthy', detail: 'error', durationMs: 12 }

/** A new object, reached as the Worker reaches it. */
function open() {
  const name = `object ${(objects += 1)}`
  const call = async (callee: string, method: string, ...args: unknown[]): Promise<any> => {
    const path = `/${callee}/${encodeURIComponent(name)}/${method}`
    const response = await server.fetch(path, { method: 'POST', body: JSON.stringify(args) })
    const answer = await response.json()
    if (!response.ok) throw new Error(String(answer))
    return answer
  }
  const store: Store = {
    // JSON would make null of a missing argument.
    begin: (...args) => call('store', 'begin', ...args.filter((arg) => arg !== undefined)),
    settled: (waitMs) => call('store', 'settled', waitMs),
    complete: (...args) => call('store', 'complete', ...args),
  }
  return {
    store,
    turnClock: (ms: number): Promise<void> => call('object', 'turnClock', ms),
    written: (): Promise<number> => call('object', 'written'),
    reset: (): Promise<void> => call('object', 'reset').catch(() => {}),
    evict: () => server.getWorker().evictDurableObject('Cell', { name: encodeURIComponent(name) }),
  }
}

storeSuite('durable-object', async () => open())

async function round({ store }: ReturnType<typeof open>, shaky: Result) {
  return store.complete(leaseIn(await store.begin('runner')), { steady: GOOD, shaky })
}

test('a round writes one row', async () => {
  const cell = open()
  await round(cell, GOOD)
  await cell.turnClock(6000)
  await round(cell, GOOD)
  expect(await cell.written()).toBe(2)
})

test('breaker, counters and histograms outlive an eviction', async () => {
  const cell = open()
  const { snapshot } = await round(cell, BAD)
  expect(snapshot.checks['shaky']).toMatchObject({ breaker: { state: 'open' }, trips: 1 })
  await cell.evict()
  expect(await cell.store.begin('after')).toMatchObject({ kind: 'fresh', reading: { snapshot } })
})

test('a round whose object was evicted still comes home, once', async () => {
  const cell = open()
  const lease = leaseIn(await cell.store.begin('runner'))
  await cell.evict()
  await cell.store.complete(lease, { steady: GOOD, shaky: GOOD })
  const { snapshot } = await cell.store.complete(lease, { steady: GOOD, shaky: GOOD })
  expect(snapshot).toMatchObject({ round: 1, checks: { steady: { runs: { healthy: 1 } } } })
})

test('a trial is not given twice, even when the object is evicted in the middle of it', async () => {
  const cell = open()
  await round(cell, BAD)
  await cell.turnClock(31_000)
  expect(leaseIn(await cell.store.begin('trial')).trial).toBe(true)
  await cell.evict()
  expect((await cell.store.begin('another')).kind).toBe('wait')
})

test('a reset object is asked again, by a new stub', async () => {
  const cell = open()
  await round(cell, GOOD)
  const waiting = cell.store.settled(5000)
  await cell.reset()
  await waiting
  expect((await cell.store.begin('after')).kind).toBe('fresh')
})
