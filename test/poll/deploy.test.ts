import { describe, expect, test, vi } from 'vitest'
import { defineHealth } from '../../src/core/define.ts'
import { crowd } from '../../src/poll/crowd.ts'
import { poller } from '../../src/poll/poller.ts'
import { memory } from '../../src/stores/memory.ts'
import type { Store } from '../../src/stores/store.ts'
import { checkOf, hanging } from '../health.ts'
import { after, answering, sceneOf, withFakeTime } from './scene.ts'

withFakeTime()

const clock = { now: () => Date.now(), elapsed: () => performance.now() }
const caller = { waitUntil: (work: Promise<unknown>) => void work }

function pollerOf(health: ReturnType<typeof defineHealth>, storeOf: () => Store, warnings: string[] = []) {
  let ids = 0
  return poller(health as never, {
    clock,
    cells: [{ storeOf }],
    newId: () => `id ${(ids += 1)}`,
    warn: (line) => void warnings.push(line),
  })
}

describe('a cell that an older version keeps', () => {
  test('never runs a new check, so the new version runs it itself, once a ttlMs', async () => {
    const [old, fresh] = [answering(10), answering(10)]
    const older = defineHealth({ checks: { old } })
    const store = memory(older as never, clock.now)
    const poll = pollerOf(defineHealth({ checks: { old, fresh } }), () => store)
    const polling = Promise.all(Array.from({ length: 10 }, async () => poll({}, caller)))
    await after(100)
    for (const { status, checks } of await polling) {
      expect(status).toBe('healthy')
      expect(checks.map(({ name, finding }) => [name, finding.status])).toEqual([
        ['old', 'healthy'],
        ['fresh', 'healthy'],
      ])
    }
    expect([old.runs.length, fresh.runs.length]).toEqual([1, 1])
    await poll({}, caller)
    expect(fresh.runs).toHaveLength(1)
  })

  test('that has not run a single round is no older version', async () => {
    const check = answering(10)
    const never: Store = {
      begin: async () => ({ kind: 'wait', forMs: 1 }),
      settled: async () => ({
        snapshot: { round: 0, settledAt: null, startedUp: false, colo: null, checks: {} },
        now: clock.now(),
      }),
      complete: () => Promise.reject(new Error('no round')),
    }
    const polling = pollerOf(defineHealth({ checks: { check } }), () => never)({}, caller)
    await after(100)
    expect(await polling).toMatchObject({ status: 'unknown' })
    expect(check.runs).toEqual([])
  })

  test('an older version leaves alone what only the cell knows', async () => {
    const [old, fresh] = [answering(1), answering(1)]
    const newer = defineHealth({ checks: { old, fresh } })
    const store = memory(newer as never, clock.now)
    const poll = pollerOf(defineHealth({ checks: { old } }), () => store)
    const newerPoll = pollerOf(newer, () => store)
    const first = newerPoll({}, caller)
    await after(10)
    await first
    await after(5000)
    const second = poll({}, caller)
    await after(10)
    expect((await second).checks).toMatchObject([{ name: 'old', finding: { status: 'healthy' } }])
    expect((await newerPoll({}, caller)).checks).toMatchObject([
      { finding: { status: 'healthy' } },
      { name: 'fresh', finding: { status: 'healthy' }, totals: { runs: { healthy: 1 } } },
    ])
  })
})

describe('a store in trouble', () => {
  test('that loses the results of a round once is told them again', async () => {
    const check = answering(10)
    let lost = 0
    const { pollFor, warnings } = sceneOf(
      { check },
      {},
      {
        wrap: (store) => ({
          ...store,
          complete: (...results) =>
            (lost += 1) === 1 ? Promise.reject(new Error('lost')) : store.complete(...results),
        }),
      },
    )
    expect(await pollFor(20)).toMatchObject({ status: 'healthy', state: 'shared' })
    expect([lost, check.runs.length, warnings]).toEqual([2, 1, []])
  })

  test('whose loss does not send traffic to what is known to be down', async () => {
    let probes = 0
    const down = checkOf(
      async () => {
        probes += 1
        throw new Error('down')
      },
      { breaker: { failures: 1, resetAfterMs: 60_000, maxResetAfterMs: 60_000 } },
    )
    const { pollFor, lose } = sceneOf({ down })
    await pollFor(5)
    lose('refuses')
    for (let round = 0; round < 5; round += 1) {
      await after(5000)
      expect((await pollFor(5)).checks).toMatchObject([
        { finding: { breaker: 'open', detail: 'circuit open' } },
      ])
    }
    expect(probes).toBe(1)
  })

  test.each<readonly [string, Partial<Store>]>([
    ['nothing', { begin: async () => undefined as never }],
    ['another kind', { begin: async () => ({ kind: 'maybe' }) as never }],
    ['a lease without checks', { begin: async () => ({ kind: 'lease', lease: {} }) as never }],
    [
      'a reading of another time',
      {
        begin: async () =>
          ({ kind: 'fresh', reading: { now: NaN, snapshot: { checks: {}, settledAt: 1 } } }) as never,
      },
    ],
    [
      'a check that is none',
      {
        begin: async () =>
          ({ kind: 'fresh', reading: { now: 1, snapshot: { checks: { check: 7 }, settledAt: 1 } } }) as never,
      },
    ],
    [
      'a moment that no date can hold',
      {
        begin: async () =>
          ({ kind: 'fresh', reading: { now: 1, snapshot: { checks: {}, settledAt: 1e300 } } }) as never,
      },
    ],
    ['a reading without a snapshot', { begin: async () => ({ kind: 'fresh', reading: {} }) as never }],
    [
      'a snapshot without checks at the end of a wait',
      {
        begin: async () => ({ kind: 'wait', forMs: 1 }),
        settled: async () => ({ now: 1, snapshot: null }) as never,
      },
    ],
  ])('that answers with %s is lost, and no poll is', async (_, odd) => {
    const warnings: string[] = []
    const health = defineHealth({ checks: { check: answering(1) } })
    const store = { ...memory(health as never, clock.now), ...odd }
    const polling = pollerOf(health, () => store, warnings)({}, caller)
    await after(10)
    expect(await polling).toMatchObject({ status: 'healthy', state: 'local' })
    expect(warnings).toEqual([expect.stringContaining('the store gave an answer of an unknown shape')])
  })
})

describe('stale while revalidating', () => {
  const TERMS = { ttlMs: 5000, deadlineMs: 4000, staleWhileRevalidateMs: 10_000, staleAfterMs: 20_000 }

  test('a poll past ttlMs is answered at once, and its round runs behind it, once', async () => {
    const check = answering(1000)
    const { poll, pollFor } = sceneOf({ check }, TERMS)
    await pollFor(1000)
    await after(6000)
    for (let times = 0; times < 5; times += 1) {
      expect(await poll()).toMatchObject({ status: 'healthy', ageMs: 6000 })
    }
    expect(check.runs).toHaveLength(2)
    await after(1000)
    expect(await poll()).toMatchObject({ ageMs: 0 })
    expect(check.runs).toHaveLength(2)
  })

  test('a hanging check holds no poll up', async () => {
    const { poll, pollFor } = sceneOf(
      { good: answering(1), hangs: hanging({ critical: false, timeoutMs: 3000 }) },
      TERMS,
    )
    await pollFor(3000)
    await after(6000)
    expect(poll()).not.toBeInstanceOf(Promise)
  })

  test('past its time a poll waits as ever, and so it does without the option or a place to work in', async () => {
    for (const [terms, polling, idleMs] of [
      [TERMS, {}, 15_000],
      [{ ...TERMS, staleWhileRevalidateMs: 0 }, {}, 6000],
      [TERMS, { canWorkBehind: false }, 6000],
    ] as const) {
      const { poll, pollFor } = sceneOf({ check: answering(1) }, terms, polling)
      await pollFor(1)
      await after(idleMs)
      expect(poll()).toBeInstanceOf(Promise)
      await after(10)
    }
  })

  test('a round whose invocation died is begun again', async () => {
    const check = answering(1)
    let dies = false
    const { poll, pollFor } = sceneOf({ check }, TERMS, {
      wrap: (store) => ({
        ...store,
        begin: (...terms) => (dies ? new Promise(() => {}) : store.begin(...terms)),
      }),
    })
    await pollFor(1)
    await after(6000)
    dies = true
    await poll()
    dies = false
    await after(4500)
    await poll()
    await after(10)
    expect(check.runs.length).toBeGreaterThanOrEqual(2)
  })
})

describe('a crowd of polls in one process', () => {
  test('asks the store as one', async () => {
    const check = answering(2000)
    const health = defineHealth({ checks: { check } })
    const store = memory(health as never, clock.now)
    const [begin, settled] = [vi.spyOn(store, 'begin'), vi.spyOn(store, 'settled')]
    const poll = crowd(
      health as never,
      pollerOf(health, () => store),
    )
    const env = {}
    const polling = Promise.all(Array.from({ length: 200 }, async () => poll(env, caller)))
    await after(2100)
    expect((await polling).every(({ status }) => status === 'healthy')).toBe(true)
    expect([begin.mock.calls.length, settled.mock.calls.length, check.runs.length]).toEqual([1, 0, 1])
  })

  test('is no crowd for a caller with less time, another environment, or terms of its own', async () => {
    const answers: unknown[] = []
    const health = defineHealth({ checks: { check: answering(1) } })
    const poll = crowd(health as never, (env, { leftMs, ttlMs }) => {
      answers.push([env, leftMs, ttlMs])
      return new Promise(() => {})
    })
    const env = {}
    void poll(env, caller)
    void poll(env, caller)
    void poll(env, { ...caller, leftMs: 100 })
    void poll(env, { ...caller, ttlMs: 0 })
    void poll({ other: true }, caller)
    expect(answers).toHaveLength(4)
  })

  test('is over when its poll is, also when that fails', async () => {
    let calls = 0
    const health = defineHealth({ checks: { check: answering(1) } })
    const poll = crowd(health as never, async () => {
      calls += 1
      throw new Error('no')
    })
    await expect(poll({}, caller)).rejects.toThrow('no')
    await expect(poll({}, caller)).rejects.toThrow('no')
    expect(calls).toBe(2)
  })
})
