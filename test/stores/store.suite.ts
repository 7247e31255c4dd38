import { beforeEach, describe, expect, test } from 'vitest'
import type { Begun, Lease, Result } from '../../src/core/cell.ts'
import type { Store } from '../../src/stores/store.ts'

/** A store under test, its clock in the test's hand. */
export interface Rig {
  readonly store: Store
  readonly turnClock: (ms: number) => void | Promise<void>
}

const GOOD: Result = { status: 'healthy', detail: '', durationMs: 12 }
const BAD: Result = { status: 'unhealthy', detail: 'error', error: 'said the driver', durationMs: 34 }

export function leaseIn(begun: Begun): Lease {
  if (begun.kind !== 'lease') throw new Error(`expected a lease, received ${begun.kind}`)
  return begun.lease
}

/** What every store must do, run by the test file of each; the rules are those of `cell.worker.ts`. */
export function storeSuite(name: string, open: () => Promise<Rig>): void {
  describe(`the ${name} store`, () => {
    let rig: Rig
    beforeEach(async () => void (rig = await open()))

    const round = async (shaky: Result): Promise<Lease> => {
      const lease = leaseIn(await rig.store.begin('runner'))
      await rig.store.complete(lease, { steady: GOOD, shaky })
      return lease
    }

    test('gives one lease to many who ask at once, and word to wait to the others', async () => {
      const ids = Array.from({ length: 64 }, (_, index) => `poll ${index}`)
      const begun = await Promise.all(ids.map((id) => rig.store.begin(id)))
      expect(begun.filter(({ kind }) => kind === 'lease')).toHaveLength(1)
      expect(begun.filter(({ kind }) => kind === 'wait')).toHaveLength(63)
    })

    test('gives the same lease again to who asks again', async () => {
      expect(await rig.store.begin('a')).toEqual(await rig.store.begin('a'))
    })

    test('tells all who wait when the round has settled', async () => {
      const lease = leaseIn(await rig.store.begin('a'))
      const waiting = [rig.store.settled(10_000), rig.store.settled(10_000)]
      const { snapshot } = await rig.store.complete(lease, { steady: GOOD, shaky: BAD })
      for (const reading of await Promise.all(waiting)) expect(reading.snapshot).toEqual(snapshot)
      expect(snapshot).toMatchObject({ round: 1, checks: { steady: { last: GOOD }, shaky: { last: BAD } } })
    })

    test('waits for a lost round no longer than asked', async () => {
      leaseIn(await rig.store.begin('a'))
      expect((await rig.store.settled(20)).snapshot).toMatchObject({ round: 0, settledAt: null })
    })

    test('a fresh snapshot spares the round, an old one does not', async () => {
      await round(GOOD)
      await rig.turnClock(4000)
      expect(await rig.store.begin('b')).toMatchObject({ kind: 'fresh', reading: { snapshot: { round: 1 } } })
      await rig.turnClock(1500)
      expect(await rig.store.begin('b')).toMatchObject({ kind: 'lease', lease: { round: 1 } })
    })

    test('a dead runner loses its lease, and its late report changes nothing', async () => {
      const dead = leaseIn(await rig.store.begin('dead'))
      await rig.turnClock(11_500)
      const next = leaseIn(await rig.store.begin('next'))
      const late = await rig.store.complete(dead, { steady: BAD, shaky: BAD })
      expect(late.snapshot).toMatchObject({ round: 0, checks: {} })
      const { snapshot } = await rig.store.complete(next, { steady: GOOD, shaky: GOOD })
      expect(snapshot).toMatchObject({ round: 1, checks: { steady: { runs: { healthy: 1, unhealthy: 0 } } } })
    })

    test('a report that comes twice counts once', async () => {
      const lease = await round(GOOD)
      const { snapshot } = await rig.store.complete(lease, { steady: GOOD, shaky: GOOD })
      expect(snapshot).toMatchObject({ round: 1, checks: { steady: { runs: { healthy: 1 } } } })
    })

    test('an open breaker keeps its check out of rounds, then one trial is given, in the world', async () => {
      await round(BAD)
      await rig.turnClock(6000)
      const without = leaseIn(await rig.store.begin('b'))
      expect(without).toMatchObject({ checks: ['steady'], trial: false })
      await rig.store.complete(without, { steady: GOOD })
      await rig.turnClock(25_000)
      const asked = Array.from({ length: 64 }, (_, index) => rig.store.begin(`poll ${index}`))
      const leases = (await Promise.all(asked)).filter(({ kind }) => kind === 'lease').map(leaseIn)
      expect(leases).toMatchObject([{ checks: ['steady', 'shaky'], trial: true }])
    })
  })
}
