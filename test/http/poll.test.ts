import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Check } from '../../src/core/check.ts'
import { type HealthOptions, defineHealth } from '../../src/core/define.ts'
import { type Caller, poller } from '../../src/http/poll.ts'
import { memory } from '../../src/stores/memory.ts'
import type { Store } from '../../src/stores/store.ts'
import { checkOf, hanging } from '../health.ts'

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }))
afterEach(() => void vi.useRealTimers())

const clock = { now: () => Date.now(), elapsed: () => performance.now() }
const never = new Promise<never>(() => {})
const env = { TOKEN: 'planted-token' }

function answering(ms: number): Check<any> & { readonly runs: () => number } {
  let runs = 0
  const check = checkOf(() => {
    runs += 1
    return new Promise((resolve) => setTimeout(resolve, ms))
  })
  return { ...check, runs: () => runs }
}

/** Processes that share a store: each keeps its own last snapshot, as isolates do. */
function processes(
  checks: Record<string, Check<any>>,
  options: Omit<HealthOptions<any>, 'checks'> = {},
  wrap: (store: Store) => Store = (store) => store,
) {
  const health = defineHealth({ checks, ...options })
  const shared = wrap(memory(health, clock.now))
  const warnings: string[] = []
  let ids = 0
  const start = () =>
    poller(health, {
      clock,
      storeOf: () => shared,
      newId: () => `poll ${(ids += 1)}`,
      warn: (message) => void warnings.push(message),
    })
  return { start, warnings }
}

const request = new Request('http://localhost/readyz')
const detached: Caller = { waitUntil: (work) => void work, request }

test('200 polls at once over many processes cost one round', async () => {
  const check = answering(100)
  const { start } = processes({ check })
  const polls = Array.from({ length: 200 }, () => start()(env, detached))
  await vi.advanceTimersByTimeAsync(200)
  const reports = await Promise.all(polls)
  expect(check.runs()).toBe(1)
  expect(new Set(reports.map(({ status }) => status))).toEqual(new Set(['healthy']))
})

test('within ttlMs a process asks nobody, and past it there is one round', async () => {
  const check = answering(0)
  const begin = vi.fn()
  const { start } = processes({ check }, { ttlMs: 5000 }, (store) => ({
    ...store,
    begin: (id) => (begin(), store.begin(id)),
  }))
  const poll = start()
  const once = async () => {
    const polled = poll(env, detached)
    await vi.advanceTimersByTimeAsync(1)
    return polled
  }
  await once()
  await vi.advanceTimersByTimeAsync(4990)
  for (let index = 0; index < 1000; index += 1) await poll(env, detached)
  expect([check.runs(), begin.mock.calls.length]).toEqual([1, 1])
  await vi.advanceTimersByTimeAsync(20)
  await once()
  expect([check.runs(), begin.mock.calls.length]).toEqual([2, 2])
})

test('the age of a kept snapshot grows', async () => {
  const { start } = processes({ check: answering(0) })
  const poll = start()
  const first = poll(env, detached)
  await vi.advanceTimersByTimeAsync(0)
  await first
  await vi.advanceTimersByTimeAsync(812)
  expect(await poll(env, detached)).toMatchObject({ ageMs: 812, checkedAt: 1_000_000 })
})

test('no poll outlasts the deadline, and the report is partial', async () => {
  const { start } = processes({ quick: answering(10), deaf: hanging() }, { deadlineMs: 2000 })
  const polled = start()(env, detached)
  await vi.advanceTimersByTimeAsync(2000)
  expect(await polled).toMatchObject({
    status: 'unknown',
    checks: [
      { name: 'quick', status: 'healthy' },
      { name: 'deaf', status: 'unknown', detail: 'timeout' },
    ],
  })
})

test('a caller that hangs up does not end the round that others wait for', async () => {
  const kept: Promise<unknown>[] = []
  const check = answering(100)
  const { start } = processes({ check })
  void start()(env, { waitUntil: (work) => void kept.push(work), request })
  const other = start()(env, detached)
  expect(kept).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(110)
  await kept[0]
  expect(await other).toMatchObject({ status: 'healthy', state: 'shared' })
})

const broken: [string, (store: Store) => Partial<Store>][] = [
  ['refuses', () => ({ begin: () => Promise.reject(new Error('no object for planted-token')) })],
  ['hangs', () => ({ begin: () => never })],
  ['loses its answer on the way home', () => ({ complete: () => never })],
  ['breaks on the way home', () => ({ complete: () => Promise.reject(new Error('reset')) })],
  [
    'breaks while others wait',
    () => ({
      begin: async () => ({ kind: 'wait', forMs: 1 }),
      settled: () => Promise.reject(new Error('reset')),
    }),
  ],
]

test.each(broken)('when the store %s the checks are run all the same, once', async (_, breakIt) => {
  const check = answering(10)
  const { start, warnings } = processes({ check }, { deadlineMs: 3000 }, (store) => ({
    ...store,
    ...breakIt(store),
  }))
  const poll = start()
  const polled = poll(env, detached)
  await vi.advanceTimersByTimeAsync(4100)
  expect(await polled).toMatchObject({ status: 'healthy', state: 'local' })
  expect(check.runs()).toBe(1)
  expect(warnings).toHaveLength(1)
  expect(warnings[0]).toMatch(/^allclear: the store of the state could not be reached/)
  expect(warnings[0]).not.toContain('planted-token')
})

test('a store that never tells the end of a round costs the deadline, and nothing is made up', async () => {
  const { start } = processes({ check: answering(10) }, { deadlineMs: 3000 }, (store) => ({
    ...store,
    begin: async () => ({ kind: 'wait', forMs: 1 }),
    settled: () => never,
  }))
  const polled = start()(env, detached)
  await vi.advanceTimersByTimeAsync(3000)
  expect(await polled).toMatchObject({ status: 'unknown', state: 'local', checkedAt: null })
})

test('without the store, polls of one process still share a round, and ttlMs still holds', async () => {
  const check = answering(100)
  const { start } = processes({ check }, {}, (store) => ({
    ...store,
    begin: () => Promise.reject(new Error('down')),
  }))
  const poll = start()
  const polls = Array.from({ length: 50 }, () => poll(env, detached))
  await vi.advanceTimersByTimeAsync(200)
  await Promise.all(polls)
  await poll(env, detached)
  expect(check.runs()).toBe(1)
})

test('a store that cannot even be had is a store that cannot be reached', async () => {
  const health = defineHealth({ checks: { check: answering(0) } })
  const warn = vi.fn()
  const storeOf = (): Store => {
    throw new Error('not bound')
  }
  const polled = poller(health, { clock, storeOf, newId: () => 'a', warn })(env, detached)
  await vi.advanceTimersByTimeAsync(0)
  expect((await polled).state).toBe('local')
  expect(warn).toHaveBeenCalledOnce()
})

test('a kept report tells when a breaker may be tried, though no round is due', async () => {
  const failing = checkOf(() => Promise.reject(new Error('no')), {
    breaker: { failures: 1, resetAfterMs: 1000 },
  })
  const { start } = processes({ failing })
  const poll = start()
  const breaker = async () => (await poll(env, detached)).checks[0]?.breaker
  expect(await breaker()).toBe('open')
  await vi.advanceTimersByTimeAsync(999)
  expect(await breaker()).toBe('open')
  await vi.advanceTimersByTimeAsync(1)
  expect(await breaker()).toBe('half-open')
})

test('a kept report grows stale, though it is fresh by its ttlMs', async () => {
  const { start } = processes({ check: checkOf(async () => {}) }, { staleAfterMs: 1000 })
  const poll = start()
  const status = async () => (await poll(env, detached)).status
  expect(await status()).toBe('healthy')
  await vi.advanceTimersByTimeAsync(999)
  expect(await status()).toBe('healthy')
  await vi.advanceTimersByTimeAsync(2)
  expect(await status()).toBe('unknown')
})

test('a caller with less time than deadlineMs is answered in that time', async () => {
  const { start } = processes({ quick: answering(10), deaf: hanging() }, { deadlineMs: 10_000 })
  const polled = start()(env, { ...detached, leftMs: 2000 })
  await vi.advanceTimersByTimeAsync(2000)
  expect(await polled).toMatchObject({ checks: [{ status: 'healthy' }, { detail: 'timeout' }] })
  expect(vi.getTimerCount()).toBe(0)
})

test('a caller with more time than deadlineMs is answered in that', async () => {
  const { start } = processes({ deaf: hanging() }, { deadlineMs: 2000 })
  const polled = start()(env, { ...detached, leftMs: 60_000 })
  await vi.advanceTimersByTimeAsync(2000)
  expect(await polled).toMatchObject({ checks: [{ detail: 'timeout' }] })
})

test('a store is told how long it is listened to, which is a little less than the poll has', async () => {
  const told: (number | undefined)[] = []
  const { start } = processes({ check: answering(700) }, {}, (store) => ({
    ...store,
    begin: (id, terms) => {
      told.push(terms?.withinMs)
      return store.begin(id, terms)
    },
    complete: (lease, results, colo, withinMs) => {
      told.push(withinMs)
      return store.complete(lease, results, colo, withinMs)
    },
  }))
  const polled = start()(env, { ...detached, leftMs: 900 })
  await vi.advanceTimersByTimeAsync(700)
  await polled
  expect(told).toEqual([expect.any(Number), 180])
  expect(told[0]).toBeLessThan(900)
})

test('a caller that wants it newer than ttlMs says gets it so, from the store, too', async () => {
  const check = answering(0)
  const { start } = processes({ check }, { ttlMs: 60_000 })
  const [own, other] = [start(), start()]
  const after = async (ms: number, poll: typeof own, ttlMs?: number) => {
    await vi.advanceTimersByTimeAsync(ms)
    const polled = poll(env, { ...detached, ttlMs })
    await vi.advanceTimersByTimeAsync(1)
    return polled
  }
  await after(0, own)
  expect(await after(29_000, own, 30_000)).toMatchObject({ ageMs: 29_001 })
  expect(check.runs()).toBe(1)
  await after(1000, own, 30_000)
  expect(check.runs()).toBe(2)
  await after(29_000, other, 30_000)
  expect(check.runs()).toBe(2)
  await after(1000, other, 30_000)
  expect(check.runs()).toBe(3)
  await after(29_000, own)
  expect(check.runs(), 'the others still go by ttlMs').toBe(3)
})

test('a store that is nobody else’s is told of as local', async () => {
  const health = defineHealth({ checks: { check: answering(0) } })
  const store = memory(health, clock.now)
  const poll = poller(health, {
    clock,
    storeOf: () => store,
    newId: () => 'a',
    warn: () => {},
    state: 'local',
  })
  for (let index = 0; index < 2; index += 1) {
    const polled = poll(env, detached)
    await vi.advanceTimersByTimeAsync(1)
    expect(await polled).toMatchObject({ status: 'healthy', state: 'local' })
  }
})

test('checks get the disks of the machine, if it has any', async () => {
  const given: unknown[] = []
  const check = checkOf(async (context) => void given.push(context.diskUsage))
  const diskUsage = async () => ({ size: 2, available: 1 })
  for (const disks of [{ diskUsage }, {}]) {
    const health = defineHealth({ checks: { check } })
    const store = memory(health, clock.now)
    const newId = () => 'a'
    await poller(health, { clock, storeOf: () => store, newId, warn: () => {}, ...disks })(env, detached)
  }
  expect(given).toEqual([diskUsage, undefined])
})
