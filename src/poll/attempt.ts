import type { Begun, Reading } from '../core/cell.ts'
import { isRecord } from '../core/schema.ts'
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
  /** Whether the definition of this process has the check. */
  readonly isKnown: (name: string) => boolean
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
    isKnown: (name) => Object.hasOwn(health.checks, name),
  }
}

/** The store times out slightly before its caller does, so that no work outlives the answer. */
const STORE_SHARE = 0.9

/** Reads a cell: a fresh snapshot, the snapshot after a round of this attempt, or after the round under way. */
export async function readCell(store: Store, { id, ttlMs, time, run, isKnown }: Attempt): Promise<Reading> {
  const { leftMs, deliveryMs, storeMs } = time
  const begun = judged(
    await withTimeout(store.begin(id, { ttlMs, withinMs: storeMs * STORE_SHARE }), storeMs),
  )
  if (begun.kind === 'fresh') return begun.reading
  if (begun.kind === 'wait')
    return judgedReading(await withTimeout(store.settled(leftMs() - deliveryMs), leftMs()))
  const results = await run(begun.lease.checks)
  // An older version of the definition does not touch what only a newer one knows.
  const lease = { ...begun.lease, checks: begun.lease.checks.filter((name) => isKnown(name)) }
  const complete = (): Promise<Reading> => {
    const completeMs = Math.max(deliveryMs, Math.min(leftMs(), storeMs))
    return withTimeout(store.complete(lease, results, null, completeMs * STORE_SHARE), completeMs)
  }
  // Others wait for these results, and a report that comes twice counts once.
  return complete().catch((error: unknown) => {
    if (leftMs() <= deliveryMs) throw error
    return complete()
  })
}

/** Whether a store answered in a way that can be believed; one that did not is as good as lost. */
function judged(begun: Begun): Begun {
  const { kind, reading, lease } = (begun ?? {}) as Partial<Record<string, unknown>>
  const isWhole =
    kind === 'wait' ||
    (kind === 'fresh' && isReading(reading)) ||
    (kind === 'lease' && isRecord(lease) && Array.isArray(lease['checks']))
  if (isWhole) return begun
  throw new Error(UNKNOWN_ANSWER)
}

function judgedReading(reading: Reading): Reading {
  if (isReading(reading)) return reading
  throw new Error(UNKNOWN_ANSWER)
}

const UNKNOWN_ANSWER = 'the store gave an answer of an unknown shape'

function isReading(input: unknown): boolean {
  if (!isRecord(input) || !Number.isFinite(input['now']) || !isRecord(input['snapshot'])) return false
  const { checks, settledAt } = input['snapshot']
  return (
    isRecord(checks) &&
    Object.values(checks).every(isRecord) &&
    (settledAt === null || Math.abs(settledAt as number) <= 8.64e15)
  )
}

/** Reads the cell of this process. With no time left for a round, its last snapshot must do. */
export function readLocalCell(store: Store, attempt: Attempt): Promise<Reading> {
  const { time, hasRun } = attempt
  const canRun = hasRun() || time.leftMs() > time.deliveryMs
  return canRun ? readCell(store, attempt) : store.settled(0)
}
