import type { Begun, Lease, Reading } from '../core/cell.ts'
import type { Result } from '../core/check-state.ts'

/** The place where the state of a cell lives. It makes the functions of `core/cell.ts` atomic, and does nothing else. */
export interface Store {
  /**
   * Gives a fresh snapshot, the lease of a new round, or word to wait for the round under way. `id` names the poll: the
   * same id gets the same lease again, so a call whose answer was lost can be repeated.
   */
  readonly begin: (id: string, terms?: BeginTerms) => Promise<Begun>
  /** The snapshot after the round under way has settled or its lease has run out, and after `waitMs` in any case. */
  readonly settled: (waitMs: number) => Promise<Reading>
  /**
   * Settles a round with its results and the airport code of the data centre that it ran in, if that is known. A lease
   * that is late or not the current one changes nothing. Gives the snapshot as it stands after that. Nothing need go on
   * after `withinMs`: the caller has given up.
   */
  readonly complete: (
    lease: Lease,
    results: Readonly<Record<string, Result>>,
    colo?: string | null,
    withinMs?: number,
  ) => Promise<Reading>
}

/** The terms of a `begin`. */
export interface BeginTerms {
  /** The age, in milliseconds, below which a snapshot counts as fresh. Default: the `ttlMs` of the definition. */
  readonly ttlMs?: number | undefined
  /** Nothing need go on after this many milliseconds: the caller has given up. Default: the store's own limit. */
  readonly withinMs?: number | undefined
}
