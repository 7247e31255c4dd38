import type { Reading } from '../core/cell.ts'
import type { Health } from '../core/define.ts'
import type { Clock } from '../drivers/clock.ts'
import { memory } from '../stores/memory.ts'
import type { Store } from '../stores/store.ts'
import { type Attempt, readLocalCell } from './attempt.ts'

/** Completes a reading with the checks that its cell has never heard of. */
export type Newcomers = (reading: Reading, attemptOf: (known: Health<never>) => Attempt) => Promise<Reading>

/**
 * During a deploy a cell may be kept by an older version, which neither runs nor keeps a new check. This process then
 * runs that check itself, and keeps it in its memory until the cell knows it.
 */
export function newcomersOf(health: Health<never>, { now }: Clock): Newcomers {
  let own: { readonly health: Health<never>; readonly names: string; readonly store: Store } | undefined
  return async (reading, attemptOf) => {
    const { snapshot } = reading
    const missing = Object.entries(health.checks).filter(([name]) => !Object.hasOwn(snapshot.checks, name))
    // A cell without any round is no older version.
    if (missing.length === 0 || snapshot.settledAt === null) return reading
    const names = missing.map(([name]) => name).join()
    if (own?.names !== names) {
      const known = { ...health, checks: Object.fromEntries(missing) }
      own = { health: known, names, store: memory(known, now) }
    }
    const found = await readLocalCell(own.store, attemptOf(own.health))
    return { ...reading, snapshot: { ...snapshot, checks: { ...snapshot.checks, ...found.snapshot.checks } } }
  }
}
