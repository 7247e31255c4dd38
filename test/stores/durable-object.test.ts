import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Result } from '../../src/core/check-state.ts'
import type { Health } from '../../src/core/define.ts'
import type { Store } from '../../src/stores/store.ts'
import { startWorker } from '../harness.ts'
import { rules } from './rules.ts'
import { BAD, GOOD, type StoreScene, leaseIn, storeSuite } from './store.suite.ts'

let server: Awaited<ReturnType<typeof startWorker>>
beforeAll(async () => void (server = await startWorker('test/stores/cell.worker.ts')))
afterAll(() => server.close())

let objects = 0

interface ObjectScene extends StoreScene {
  readonly call: (callee: string, method: string, ...args: unknown[]) => Promise<any>
  /** The rows that the object has written. */
  readonly written: () => Promise<number>
  readonly reset: () => Promise<unknown>
}

/** JSON would make null of an argument that is missing. */
function withoutTail(args: readonly unknown[]): readonly unknown[] {
  return args.slice(0, args.findLastIndex((arg) => arg !== undefined) + 1)
}

/** A new object, called as the Worker calls it. */
async function open({ checks }: Health<unknown> = rules): Promise<ObjectScene> {
  const name = `object ${(objects += 1)}`
  const call: ObjectScene['call'] = async (callee, method, ...args) => {
    const path = `/${callee}/${encodeURIComponent(name)}/${method}`
    const response = await server.fetch(path, { method: 'POST', body: JSON.stringify(withoutTail(args)) })
    const answer = await response.json()
    if (!response.ok) throw new Error(String(answer))
    return answer
  }
  const store: Store = {
    begin: (...args) => call('store', 'begin', ...args),
    settled: (...args) => call('store', 'settled', ...args),
    complete: (...args) => call('store', 'complete', ...args),
  }
  await call('object', 'redefine', checks)
  return {
    store,
    call,
    turnClock: (ms) => call('object', 'turnClock', ms),
    written: () => call('object', 'written'),
    reset: () => call('object', 'reset').catch(() => {}),
    forget: () => server.getWorker().evictDurableObject('Cell', { name: encodeURIComponent(name) }),
  }
}

storeSuite('durable-object', open)

async function round({ store }: StoreScene, shaky: Result) {
  return store.complete(leaseIn(await store.begin('runner')), { steady: GOOD, shaky })
}

test('a round writes one row', async () => {
  const cell = await open()
  await round(cell, GOOD)
  await cell.turnClock(6000)
  await round(cell, GOOD)
  expect(await cell.written()).toBe(2)
})

test('breaker, counters and histograms outlive an eviction', async () => {
  const cell = await open()
  const { snapshot } = await round(cell, BAD)
  expect(snapshot.checks['shaky']).toMatchObject({ breaker: { state: 'open' }, trips: 1 })
  await cell.forget()
  expect(await cell.store.begin('after')).toMatchObject({ kind: 'fresh', reading: { snapshot } })
})

test('a trial is not given twice, even when the object is evicted in the middle of it', async () => {
  const cell = await open()
  await round(cell, BAD)
  await cell.turnClock(31_000)
  expect(leaseIn(await cell.store.begin('trial')).trial).toBe(true)
  await cell.forget()
  expect((await cell.store.begin('another')).kind).toBe('wait')
})

test('a reset object is called again, by a new stub', async () => {
  const cell = await open()
  await round(cell, GOOD)
  const waiting = cell.store.settled(5000)
  await cell.reset()
  await waiting
  expect((await cell.store.begin('after')).kind).toBe('fresh')
})

describe('during a deploy', () => {
  test('a Worker of before gets an answer from the object, by the ttlMs of the definition', async () => {
    const cell = await open()
    await round(cell, GOOD)
    await cell.turnClock(4000)
    expect(await cell.call('object', 'begin', 'old poll')).toMatchObject({ kind: 'fresh' })
    await cell.turnClock(1500)
    expect(await cell.call('object', 'begin', 'old poll')).toMatchObject({ kind: 'lease' })
  })

  test('a Worker gets an answer from an object of before, which knows no ttlMs', async () => {
    const cell = await open()
    await round(cell, GOOD)
    await cell.turnClock(4000)
    const begin = (...args: unknown[]) => cell.call('store-of-an-old-object', 'begin', ...args)
    expect(await begin('poll', { ttlMs: 1000 })).toMatchObject({ kind: 'fresh' })
    await cell.turnClock(1500)
    expect(await begin('poll', { ttlMs: 1000 })).toMatchObject({ kind: 'lease', lease: { id: 'poll' } })
  })
})
