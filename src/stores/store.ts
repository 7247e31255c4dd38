import type { Begun, Lease, Reading, Result } from '../core/cell.ts'

/** Where a cell's state lives: it makes the functions of `core/cell.ts` atomic, and does nothing else. */
export interface Store {
  /** Asks for a fresh snapshot, a lease, or word to wait. `id` names the asker, so that a lost answer can be retried. */
  readonly begin: (id: string, terms?: BeginTerms) => Promise<Begun>
  /** The snapshot as it stands when the round under way has settled, or after `waitMs`. */
  readonly settled: (waitMs: number) => Promise<Reading>
  /**
   * Brings a round's results home, and where it ran if that is known; a lease that is not current changes nothing.
   * After `withinMs` nobody listens any more.
   */
  readonly complete: (
    lease: Lease,
    results: Readonly<Record<string, Result>>,
    colo?: string | null,
    withinMs?: number,
  ) => Promise<Reading>
}

/** How one asks a store. */
export interface BeginTerms {
  /** What the asker takes for fresh, in milliseconds. Default what the definition does. */
  readonly ttlMs?: number | undefined
  /** After so long, in milliseconds, the asker does not listen any more, and nothing need go on for it. */
  readonly withinMs?: number
}
