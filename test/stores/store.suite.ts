import { beforeEach, describe, expect, test } from 'vitest'
import type { Begun, Lease, Snapshot } from '../../src/core/cell.ts'
import type { Result } from '../../src/core/check-state.ts'
import { type Health, defineHealth } from '../../src/core/define.ts'
import type { Store } from '../../src/stores/store.ts'
import { checkOf } from '../health.ts'
import { rules } from './rules.ts'

/** A store on a new cell, with a clock that the test turns. */
export interface StoreScene {
  readonly store: Store
  readonly turnClock: (ms: number) => void | Promise<void>
  /** Loses everything of the cell that its store may lose: a restart, an eviction, an expired key. */
  readonly forget: () => unknown
}

export const GOOD: Result = { status: 'healthy', detail: '', durationMs: 12 }
export const BAD: Result = { status: 'unhealthy', detail: 'error', error: 'said the driver', durationMs: 34 }
const ALL_GOOD = { steady: GOOD, shaky: GOOD }
const ALL_BAD = { steady: BAD, shaky: BAD }

export function leaseIn(begun: Begun): Lease {
  if (begun.kind !== 'lease') throw new Error(`expected a lease, received ${begun.kind}`)
  return begun.lease
}

/** The contract of every store. The test file of each runs it. */
export function storeSuite(
  name: string,
  open: (health: Health<unknown>) => StoreScene | Promise<StoreScene>,
): void {
  describe(`the ${name} store`, () => {
    let scene: StoreScene
    let store: Store
    const enter = async (health: Health<unknown>): Promise<void> => {
      scene = await open(health)
      store = scene.store
    }
    beforeEach(() => enter(rules))

    const lease = async (id = 'runner'): Promise<Lease> => leaseIn(await store.begin(id))
    const complete = async (...args: Parameters<Store['complete']>): Promise<Snapshot> =>
      (await store.complete(...args)).snapshot
    const round = async (results: Readonly<Record<string, Result>> = ALL_GOOD): Promise<Lease> => {
      const given = await lease()
      await complete(given, results)
      return given
    }

    describe('begin', () => {
      test('gives one lease to many polls at once, and word to wait to the others', async () => {
        const ids = Array.from({ length: 64 }, (_, index) => `poll ${index}`)
        const begun = await Promise.all(ids.map((id) => store.begin(id)))
        expect(begun.filter(({ kind }) => kind === 'lease')).toHaveLength(1)
        expect(begun.filter(({ kind }) => kind === 'wait')).toHaveLength(63)
      })

      test('gives the same lease again for the same id', async () => {
        expect(await store.begin('a')).toEqual(await store.begin('a'))
      })

      test('says how long the lease of another poll is good for', async () => {
        await lease()
        await scene.turnClock(2000)
        const begun = await store.begin('other')
        if (begun.kind !== 'wait') throw new Error(`expected word to wait, received ${begun.kind}`)
        expect(begun.forMs).toBeGreaterThan(5000)
        expect(begun.forMs).toBeLessThanOrEqual(9000)
      })

      test('gives the snapshot while it is younger than the ttlMs of the definition', async () => {
        await round()
        await scene.turnClock(4000)
        expect(await store.begin('b')).toMatchObject({
          kind: 'fresh',
          reading: { snapshot: { round: 1 } },
        })
        await scene.turnClock(1500)
        expect(await store.begin('b')).toMatchObject({ kind: 'lease', lease: { round: 1 } })
      })

      test('goes by the ttlMs of the caller, if it names one', async () => {
        await round()
        await scene.turnClock(6000)
        expect((await store.begin('patient', { ttlMs: 60_000 })).kind).toBe('fresh')
        expect((await store.begin('usual')).kind).toBe('lease')
        await scene.turnClock(11_500)
        await round()
        await scene.turnClock(1000)
        expect((await store.begin('usual', { ttlMs: undefined, withinMs: 20_000 })).kind).toBe('fresh')
        expect((await store.begin('strict', { ttlMs: 900, withinMs: 20_000 })).kind).toBe('lease')
      })

      test('calls no snapshot fresh for a ttlMs of 0', async () => {
        await round()
        expect((await store.begin('now', { ttlMs: 0 })).kind).toBe('lease')
      })

      test('takes the lease from a dead runner', async () => {
        await lease('dead')
        await scene.turnClock(11_500)
        expect((await lease('next')).id).toBe('next')
      })

      test('keeps a check with an open breaker out of rounds, and then gives one trial', async () => {
        await round({ steady: GOOD, shaky: BAD })
        await scene.turnClock(6000)
        const without = await lease()
        expect(without).toMatchObject({ checks: ['steady'], trial: false })
        await complete(without, { steady: GOOD })
        await scene.turnClock(25_000)
        const begun = await Promise.all(
          Array.from({ length: 64 }, (_, index) => store.begin(`poll ${index}`)),
        )
        const leases = begun.filter(({ kind }) => kind === 'lease').map(leaseIn)
        expect(leases).toMatchObject([{ checks: ['steady', 'shaky'], trial: true }])
      })
    })

    describe('settled', () => {
      test('gives every waiter the snapshot of the round under way', async () => {
        const given = await lease()
        const waiting = [store.settled(10_000), store.settled(10_000)]
        const snapshot = await complete(given, { steady: GOOD, shaky: BAD })
        for (const reading of await Promise.all(waiting)) expect(reading.snapshot).toEqual(snapshot)
        expect(snapshot).toMatchObject({ round: 1, checks: { steady: { last: GOOD }, shaky: { last: BAD } } })
      })

      test('gives the snapshot at once where no round is under way', async () => {
        expect((await store.settled(60_000)).snapshot).toMatchObject({ round: 0, settledAt: null })
        await round()
        expect((await store.settled(60_000)).snapshot).toMatchObject({ round: 1 })
      })

      test.each([0, 20])('waits for a lost round no longer than %d ms, when told so', async (waitMs) => {
        await lease('lost')
        expect((await store.settled(waitMs)).snapshot).toMatchObject({ round: 0, settledAt: null })
      })

      test('waits for no runner whose lease has run out', async () => {
        await lease('dead')
        await scene.turnClock(11_500)
        expect((await store.settled(60_000)).snapshot).toMatchObject({ round: 0 })
      })

      test('gives the time on the clock of the cell', async () => {
        const { settledAt } = await complete(await lease(), ALL_GOOD)
        await scene.turnClock(3000)
        const { now } = await store.settled(0)
        expect(now - (settledAt ?? NaN)).toBeGreaterThanOrEqual(3000)
        expect(now - (settledAt ?? NaN)).toBeLessThan(10_000)
      })
    })

    describe('complete', () => {
      test('settles a round once, however often it comes', async () => {
        const given = await round()
        expect(await complete(given, ALL_BAD)).toMatchObject({
          round: 1,
          checks: { steady: { runs: { healthy: 1, unhealthy: 0 } } },
        })
      })

      test('drops the results of a lease that is late, and takes those of its successor', async () => {
        const dead = await lease('dead')
        await scene.turnClock(11_500)
        expect(await complete(dead, ALL_BAD)).toMatchObject({ round: 0, checks: {} })
        const next = await lease('next')
        expect(await complete(dead, ALL_BAD)).toMatchObject({ round: 0, checks: {} })
        expect(await complete(next, ALL_GOOD)).toMatchObject({
          round: 1,
          checks: { steady: { runs: { healthy: 1, unhealthy: 0 } } },
        })
      })

      test.each<readonly [string, (lease: Lease) => Lease]>([
        ['another poll', (given) => ({ ...given, id: 'foreign' })],
        ['another moment', (given) => ({ ...given, startedAt: given.startedAt - 1 })],
        ['another round', (given) => ({ ...given, round: given.round + 1 })],
      ])('changes nothing for a lease of %s', async (_, change) => {
        const given = await lease()
        expect(await complete(change(given), ALL_BAD)).toMatchObject({ round: 0, checks: {} })
        expect((await store.begin('b')).kind).toBe('wait')
      })

      test('takes a lease that the store forgot, once', async () => {
        const forgotten = await lease()
        await scene.forget()
        expect(await complete(forgotten, ALL_GOOD)).toMatchObject({ round: 1 })
        expect(await complete(forgotten, ALL_BAD)).toMatchObject({
          round: 1,
          checks: { steady: { runs: { healthy: 1, unhealthy: 0 } } },
        })
      })

      test('drops a lease that the store forgot when another round has begun', async () => {
        const forgotten = await lease('forgotten')
        await scene.forget()
        const next = await lease('next')
        expect(await complete(forgotten, ALL_BAD)).toMatchObject({ round: 0, checks: {} })
        expect(await complete(next, ALL_GOOD)).toMatchObject({ round: 1 })
      })

      test('keeps the data centre of the rounds until a round names another', async () => {
        const told = ['FRA', undefined, null, 'AMS']
        const kept: (string | null)[] = []
        for (const colo of told) {
          kept.push((await complete(await lease(), ALL_GOOD, colo, 20_000)).colo)
          await scene.turnClock(6000)
        }
        expect(kept).toEqual(['FRA', 'FRA', 'FRA', 'AMS'])
      })

      test('makes a check without a result unknown, and ignores a result without a check', async () => {
        const snapshot = await complete(await lease(), { steady: GOOD, stranger: GOOD })
        expect(Object.keys(snapshot.checks).toSorted()).toEqual(['shaky', 'steady'])
        expect(snapshot.checks['shaky']).toMatchObject({ last: { status: 'unknown', detail: 'not run yet' } })
      })

      test('keeps every character and number of a result', async () => {
        const odd: Result = {
          ...BAD,
          detail: '“é"\\\n☃😀\u2028',
          observed: { value: -1.5e-7, unit: '%' },
        }
        await complete(await lease(), { steady: odd, shaky: GOOD })
        expect((await store.settled(0)).snapshot.checks['steady']?.last).toEqual(odd)
      })
    })

    describe('takes checks named', () => {
      const NAMES = ['constructor', 'toString', 'hasOwnProperty', 'then', 'toJSON', 'length']
      const named = <T>(value: T): Record<string, T> =>
        Object.fromEntries(NAMES.map((each) => [each, value] as const))

      test(`${NAMES.join(', ')} for what they are`, async () => {
        await enter(defineHealth({ checks: named(checkOf(async () => {})) }))
        const given = await lease()
        expect(given.checks.toSorted()).toEqual(NAMES.toSorted())
        const { checks } = await complete(given, named(BAD))
        expect(Object.keys(checks).toSorted()).toEqual(NAMES.toSorted())
        expect(await store.begin('b')).toMatchObject({ kind: 'fresh' })
        await scene.turnClock(6000)
        const second = await complete(await lease(), named(GOOD))
        expect(second.checks).toMatchObject(named({ settled: 'healthy', last: GOOD, runs: { unhealthy: 1 } }))
      })

      test('__proto__, which no definition can have, for nothing', async () => {
        const results = JSON.parse(`{ "__proto__": ${JSON.stringify(ALL_BAD)}, "steady": {}, "shaky": {} }`)
        Object.assign(results, ALL_GOOD)
        const given = await lease()
        const snapshot = await complete({ ...given, checks: [...given.checks, '__proto__'] }, results)
        expect(Object.keys(snapshot.checks).toSorted()).toEqual(['shaky', 'steady'])
        expect(snapshot).toMatchObject({ round: 1, checks: { steady: { last: GOOD } } })
        expect(({} as Record<string, unknown>)['steady']).toBeUndefined()
      })
    })
  })
}
