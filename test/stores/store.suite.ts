import { beforeEach, describe, expect, test } from 'vitest'
import type { Begun, Lease } from '../../src/core/cell.ts'
import type { Result } from '../../src/core/check-state.ts'
import type { Store } from '../../src/stores/store.ts'

/** A store on a new cell, its clock in the test's hand. */
export interface StoreScene {
  readonly store: Store
  readonly turnClock: (ms: number) => void | Promise<void>
}

const GOOD: Result = { status: 'healthy', detail: '', durationMs: 12 }
const BAD: Result = { status: 'unhealthy', detail: 'error', error: 'said the driver', durationMs: 34 }

export function leaseIn(begun: Begun): Lease {
  if (begun.kind !== 'lease') throw new Error(`expected a lease, received ${begun.kind}`)
  return begun.lease
}

/** The contract of every store, run by the test file of each with the rules of `rules.ts`. */
export function storeSuite(name: string, open: () => Promise<StoreScene>): void {
  describe(`the ${name} store`, () => {
    let scene: StoreScene
    beforeEach(async () => void (scene = await open()))

    const round = async (shaky: Result): Promise<Lease> => {
      const lease = leaseIn(await scene.store.begin('runner'))
      await scene.store.complete(lease, { steady: GOOD, shaky })
      return lease
    }

    test('gives one lease to many who ask at once, and word to wait to the others', async () => {
      const ids = Array.from({ length: 64 }, (_, index) => `poll ${index}`)
      const begun = await Promise.all(ids.map((id) => scene.store.begin(id)))
      expect(begun.filter(({ kind }) => kind === 'lease')).toHaveLength(1)
      expect(begun.filter(({ kind }) => kind === 'wait')).toHaveLength(63)
    })

    test('gives the same lease again when the same poll asks again', async () => {
      expect(await scene.store.begin('a')).toEqual(await scene.store.begin('a'))
    })

    test('tells all waiters when the round has settled', async () => {
      const lease = leaseIn(await scene.store.begin('a'))
      const waiting = [scene.store.settled(10_000), scene.store.settled(10_000)]
      const { snapshot } = await scene.store.complete(lease, { steady: GOOD, shaky: BAD })
      for (const reading of await Promise.all(waiting)) expect(reading.snapshot).toEqual(snapshot)
      expect(snapshot).toMatchObject({ round: 1, checks: { steady: { last: GOOD }, shaky: { last: BAD } } })
    })

    test('waits for a lost round no longer than asked', async () => {
      leaseIn(await scene.store.begin('a'))
      expect((await scene.store.settled(20)).snapshot).toMatchObject({ round: 0, settledAt: null })
    })

    test('a fresh snapshot spares the round, an old one does not', async () => {
      await round(GOOD)
      await scene.turnClock(4000)
      expect(await scene.store.begin('b')).toMatchObject({
        kind: 'fresh',
        reading: { snapshot: { round: 1 } },
      })
      await scene.turnClock(1500)
      expect(await scene.store.begin('b')).toMatchObject({ kind: 'lease', lease: { round: 1 } })
    })

    test('a dead runner loses its lease, and its late report changes nothing', async () => {
      const dead = leaseIn(await scene.store.begin('dead'))
      await scene.turnClock(11_500)
      const next = leaseIn(await scene.store.begin('next'))
      const late = await scene.store.complete(dead, { steady: BAD, shaky: BAD })
      expect(late.snapshot).toMatchObject({ round: 0, checks: {} })
      const { snapshot } = await scene.store.complete(next, { steady: GOOD, shaky: GOOD })
      expect(snapshot).toMatchObject({ round: 1, checks: { steady: { runs: { healthy: 1, unhealthy: 0 } } } })
    })

    test('a report that comes twice counts once', async () => {
      const lease = await round(GOOD)
      const { snapshot } = await scene.store.complete(lease, { steady: GOOD, shaky: GOOD })
      expect(snapshot).toMatchObject({ round: 1, checks: { steady: { runs: { healthy: 1 } } } })
    })

    test('an open breaker keeps its check out of rounds, then one trial is given, in the world', async () => {
      await round(BAD)
      await scene.turnClock(6000)
      const without = leaseIn(await scene.store.begin('b'))
      expect(without).toMatchObject({ checks: ['steady'], trial: false })
      await scene.store.complete(without, { steady: GOOD })
      await scene.turnClock(25_000)
      const asked = Array.from({ length: 64 }, (_, index) => scene.store.begin(`poll ${index}`))
      const leases = (await Promise.all(asked)).filter(({ kind }) => kind === 'lease').map(leaseIn)
      expect(leases).toMatchObject([{ checks: ['steady', 'shaky'], trial: true }])
    })

    describe('begin', () => {
      test('takes for fresh what is younger than `ttlMs`, where the caller names one', async () => {
        await round(GOOD)
        await scene.turnClock(2000)
        expect((await scene.store.begin('patient', { ttlMs: 60_000 })).kind).toBe('fresh')
        expect((await scene.store.begin('usual')).kind).toBe('fresh')
        expect((await scene.store.begin('strict', { ttlMs: 1000 })).kind).toBe('lease')
      })

      test('gives a lease whatever is fresh with a `ttlMs` of 0', async () => {
        await round(GOOD)
        expect((await scene.store.begin('now', { ttlMs: 0 })).kind).toBe('lease')
      })

      test('answers within `withinMs` where the store answers at all', async () => {
        expect((await scene.store.begin('hurried', { withinMs: 20_000 })).kind).toBe('lease')
      })

      test('tells others for how long to wait', async () => {
        await scene.store.begin('runner')
        const begun = await scene.store.begin('other')
        if (begun.kind !== 'wait') throw new Error(`expected word to wait, received ${begun.kind}`)
        expect(begun.forMs).toBeGreaterThan(10_000)
        expect(begun.forMs).toBeLessThanOrEqual(11_000)
      })
    })

    describe('settled', () => {
      test('gives the snapshot at once where no round is under way', async () => {
        await round(BAD)
        expect((await scene.store.settled(60_000)).snapshot).toMatchObject({ round: 1 })
      })

      test('waits no longer than the lease of a dead runner', async () => {
        leaseIn(await scene.store.begin('dead'))
        await scene.turnClock(11_500)
        expect((await scene.store.settled(60_000)).snapshot).toMatchObject({ round: 0 })
      })

      test('tells the time on the clock of the cell', async () => {
        const { snapshot } = await scene.store.complete(leaseIn(await scene.store.begin('a')), {
          steady: GOOD,
          shaky: GOOD,
        })
        await scene.turnClock(3000)
        const { now } = await scene.store.settled(0)
        expect(now - (snapshot.settledAt ?? NaN)).toBeGreaterThanOrEqual(3000)
        expect(now - (snapshot.settledAt ?? NaN)).toBeLessThan(10_000)
      })
    })

    describe('complete', () => {
      test('keeps the data centre that a round ran in, until another is told', async () => {
        const results = { steady: GOOD, shaky: GOOD }
        const first = leaseIn(await scene.store.begin('a'))
        expect((await scene.store.complete(first, results, 'FRA')).snapshot.colo).toBe('FRA')
        await scene.turnClock(6000)
        const second = leaseIn(await scene.store.begin('b'))
        expect((await scene.store.complete(second, results, null)).snapshot.colo).toBe('FRA')
        await scene.turnClock(6000)
        const third = leaseIn(await scene.store.begin('c'))
        expect((await scene.store.complete(third, results, 'AMS', 20_000)).snapshot.colo).toBe('AMS')
      })

      test.each<readonly [string, (lease: Lease) => Lease]>([
        ['of another poll', (lease) => ({ ...lease, id: 'foreign' })],
        ['of another moment', (lease) => ({ ...lease, startedAt: lease.startedAt - 1 })],
        ['of another round', (lease) => ({ ...lease, round: lease.round + 1 })],
      ])('changes nothing with a lease %s', async (_, change) => {
        const lease = leaseIn(await scene.store.begin('a'))
        const { snapshot } = await scene.store.complete(change(lease), { steady: BAD, shaky: BAD })
        expect(snapshot).toMatchObject({ round: 0, checks: {} })
        expect((await scene.store.begin('b')).kind).toBe('wait')
      })

      test('takes a check without a result for unknown, and a result without a check for nothing', async () => {
        const lease = leaseIn(await scene.store.begin('a'))
        const { snapshot } = await scene.store.complete(lease, { steady: GOOD, stranger: GOOD })
        expect(Object.keys(snapshot.checks).sort()).toEqual(['shaky', 'steady'])
        expect(snapshot.checks['shaky']).toMatchObject({ last: { status: 'unknown', detail: 'not run yet' } })
      })

      test('gives back what was found, to the letter', async () => {
        const nasty = { ...BAD, detail: '“é"\\\n☃😀\u2028', observed: { value: -1.5e-7, unit: '%' } }
        const lease = leaseIn(await scene.store.begin('a'))
        await scene.store.complete(lease, { steady: nasty, shaky: GOOD })
        expect((await scene.store.settled(0)).snapshot.checks['steady']?.last).toEqual(nasty)
      })
    })
  })
}
