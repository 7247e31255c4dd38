import type { Reading } from '../core/cell.ts'
import type { Machine } from '../core/check.ts'
import type { Result } from '../core/check-state.ts'
import type { Health } from '../core/define.ts'
import type { Clock } from '../drivers/clock.ts'
import { runRound } from '../probe/round.ts'
import type { Store } from '../stores/store.ts'
import { type PollTime, withTimeout } from './time.ts'

/** One poll under way. When the store fails, the same attempt goes on with the cell of this process. */
export interface Attempt {
  readonly id: string
  /** The age, in milliseconds, below which a snapshot counts as fresh. Default: that of the definition. */
  readonly ttlMs: number | undefined
  readonly time: PollTime
  /** Runs a round at the first call and gives the same results at every further one: no check runs twice. */
  readonly run: (names: readonly string[]) => Promise<Record<string, Result>>
  readonly hasRun: () => boolean
}

export interface AttemptOptions extends Pick<Attempt, 'id' | 'ttlMs' | 'time'> {
  readonly env: unknown
  readonly clock: Clock
  readonly machine: Machine
}

export function startAttempt(health: Health<never>, options: AttemptOptions): Attempt {
  const { id, ttlMs, time, ...surroundings } = options
  let running: Promise<Record<string, Result>> | undefined
  return {
    id,
    ttlMs,
    time,
    run: (names) => {
      const budgetMs = time.leftMs() - time.deliveryMs
      running ??= runRound(health, { names, budgetMs, ...surroundings })
      return running
    },
    hasRun: () => running !== undefined,
  }
}

/** The store times out slightly before its caller does, so that no work outlives the answer. */
const STORE_SHARE = 0.9

/** Reads a cell: a fresh snapshot, the snapshot after a round of this attempt, or after the round under way. */
export async function readCell(store: Store, { id, ttlMs, time, run }: Attempt): Promise<Reading> {
  const { leftMs, deliveryMs, storeMs } = time
  const begun = await withTimeout(store.begin(id, { ttlMs, withinMs: storeMs * STORE_SHARE }), storeMs)
  if (begun.kind === 'fresh') return begun.reading
  if (begun.kind === 'wait') return withTimeout(store.settled(leftMs() - deliveryMs), leftMs())
  const results = await run(begun.lease.checks)
  const completeMs = Math.max(deliveryMs, Math.min(leftMs(), storeMs))
  return withTimeout(store.complete(begun.lease, results, null, completeMs * STORE_SHARE), completeMs)
}

/** Reads the cell of this process. With no time left for a round, its last snapshot must do. */
export function readLocalCell(store: Store, attempt: Attempt): Promise<Reading> {
  const { time, hasRun } = attempt
  const canRun = hasRun() || time.leftMs() > time.deliveryMs
  return canRun ? readCell(store, attempt) : store.settled(0)
}
