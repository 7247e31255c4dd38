import type { Status } from './status.ts'

/** When a check's breaker opens, and how long it stays open. */
export interface BreakerPolicy {
  /** `unhealthy` results in a row that open it. Default 3, or `failAfter` where that is more. */
  readonly failures: number
  /** Wait before the first trial, in milliseconds. Default 30000. */
  readonly resetAfterMs: number
  /** Longest wait, in milliseconds, that repeated trips may double up to. Default 30000, or `resetAfterMs` if longer. */
  readonly maxResetAfterMs: number
}

/** The stored part of a breaker. Half-open is derived from the clock: an open breaker whose wait is over. */
export type BreakerState =
  | { readonly state: 'closed'; readonly failures: number }
  | { readonly state: 'open'; readonly trips: number; readonly retryAt: number }

/** The states that a breaker shows at a moment. */
export type BreakerPhase = 'closed' | 'open' | 'half-open'

export const BREAKER_PHASES: readonly BreakerPhase[] = ['closed', 'open', 'half-open']

export const CLOSED: BreakerState = { state: 'closed', failures: 0 }

/** The phase of the breaker at `now`. `open` means: no traffic to the dependency. */
export function phase(breaker: BreakerState, now: number, policy: BreakerPolicy | false): BreakerPhase {
  if (breaker.state === 'closed' || policy === false) return 'closed'
  const waitMs = breaker.retryAt - now
  // A wait longer than the policy allows means that the clock stepped back: do not serve it.
  return waitMs > 0 && waitMs <= policy.maxResetAfterMs ? 'open' : 'half-open'
}

/** The breaker after a result. `unknown` proves nothing and leaves it as it was. */
export function afterResult(
  breaker: BreakerState,
  now: number,
  policy: BreakerPolicy | false,
  status: Status,
): BreakerState {
  if (policy === false) return CLOSED
  if (status === 'unknown') return breaker
  if (status !== 'unhealthy') return CLOSED
  if (breaker.state === 'open') return tripped(now, policy, breaker.trips + 1)
  const failures = breaker.failures + 1
  return failures >= policy.failures ? tripped(now, policy, 1) : { state: 'closed', failures }
}

function tripped(now: number, policy: BreakerPolicy, trips: number): BreakerState {
  const waitMs = Math.min(policy.resetAfterMs * 2 ** (trips - 1), policy.maxResetAfterMs)
  return { state: 'open', trips, retryAt: now + waitMs }
}
