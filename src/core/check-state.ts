import { type BreakerState, CLOSED, afterResult } from './breaker.ts'
import { MISCONFIGURED, type Observed, type Policy } from './check.ts'
import { EMPTY_HISTOGRAM, type Histogram, observe } from './histogram.ts'
import type { Status } from './status.ts'

/** The outcome of one probe of one check. */
export interface Result {
  readonly status: Status
  /** Public, from the fixed vocabulary. */
  readonly detail: string
  /** Private; already free of secrets. */
  readonly error?: string
  /** The probe alone: time spent waiting for a slot is not in it. */
  readonly durationMs: number
  readonly observed?: Observed
}

/** Counts and durations of every run of a check in one cell. */
export interface Totals {
  readonly runs: Readonly<Record<Status, number>>
  /** Times that its breaker opened. */
  readonly trips: number
  readonly durations: Histogram
}

/** Everything that a cell stores of one check. Plain JSON. */
export interface CheckState extends Totals {
  /** The kind of check that ran. A definition that makes another kind of it starts anew. */
  readonly kind?: string
  /** The status after `failAfter` and `recoverAfter`; `unknown` until the first good result. */
  readonly settled: Status
  /** Results in a row that argue for leaving `settled`: below zero for worse, above for better. */
  readonly streak: number
  readonly last: Result
  /** When it last really ran. */
  readonly checkedAt: number | null
  readonly breaker: BreakerState
}

/** The result of a check that its round did not reach. */
export const NOT_RUN: Result = { status: 'unknown', detail: 'not run yet', durationMs: 0 }

export const NO_TOTALS: Totals = {
  runs: { healthy: 0, degraded: 0, unhealthy: 0, unknown: 0 },
  trips: 0,
  durations: EMPTY_HISTOGRAM,
}

export const NEVER_RUN: CheckState = {
  ...NO_TOTALS,
  settled: 'unknown',
  streak: 0,
  last: NOT_RUN,
  checkedAt: null,
  breaker: CLOSED,
}

/** The check after one more result. */
export function afterRun(
  state: CheckState,
  now: number,
  { policy, kind }: { readonly policy: Policy; readonly kind?: string },
  result: Result,
): CheckState {
  const { runs, trips, durations } = state
  // A misconfigured check sent no traffic, so there is none to stop, and its detail must stay readable.
  const breaker =
    result.detail === MISCONFIGURED
      ? state.breaker
      : afterResult(state.breaker, now, policy.breaker, result.status)
  const hasTripped = breaker.state === 'open' && breaker !== state.breaker
  return {
    ...(breaker.state === 'open'
      ? { settled: 'unhealthy', streak: 0 }
      : damped(state.settled, state.streak, policy, result.status)),
    ...(kind !== undefined && { kind }),
    last: result,
    checkedAt: now,
    breaker,
    trips: hasTripped ? trips + 1 : trips,
    runs: { ...runs, [result.status]: runs[result.status] + 1 },
    // A probe that was cut short has no duration of its own.
    durations: result.status === 'unknown' ? durations : observe(durations, result.durationMs / 1000),
  }
}

const RANK = { healthy: 0, degraded: 1, unhealthy: 2 } as const

/** Rise and fall: the status moves only after enough results in a row on one side of it. */
function damped(
  settled: Status,
  streak: number,
  { failAfter, recoverAfter }: Policy,
  status: Status,
): Pick<CheckState, 'settled' | 'streak'> {
  if (status === 'unknown') return { settled, streak }
  // An unknown status takes the first good result at once, and a bad one only after `failAfter`.
  if (settled === 'unknown' && status !== 'unhealthy') return { settled: status, streak: 0 }
  const side = settled === 'unknown' ? -1 : Math.sign(RANK[settled] - RANK[status])
  const moved = Math.sign(streak) === side ? streak + side : side
  const isEnough = moved <= -failAfter || moved >= recoverAfter
  return isEnough ? { settled: status, streak: 0 } : { settled, streak: moved }
}
