import type { BreakerPhase } from './breaker.ts'
import type { Policy } from './check.ts'
import type { CheckState } from './check-state.ts'
import type { Status } from './status.ts'

/** The word on a check at a moment. */
export interface Finding {
  readonly status: Status
  /** Public, from the fixed vocabulary. */
  readonly detail: string
  readonly breaker: BreakerPhase
  /** When an open breaker may be tried, in milliseconds since the epoch. */
  readonly retryAt?: number
}

/**
 * Decides what is said of a check, in one place: a stale snapshot proves nothing, an open breaker is `unhealthy`, an
 * unfinished probe is `unknown`, and otherwise the damped status stands.
 */
export function finding(
  state: CheckState | undefined,
  policy: Policy,
  { isStale = false, isTried = false }: { readonly isStale?: boolean; readonly isTried?: boolean } = {},
): Finding {
  if (state === undefined) return { status: 'unknown', detail: 'not run yet', breaker: 'closed' }
  const isClosed = state.breaker.state === 'closed' || policy.breaker === false
  // Until its trial is under way a breaker whose wait is over stays open: an alert on `open` must not flap.
  const breaker: BreakerPhase = isClosed ? 'closed' : isTried ? 'half-open' : 'open'
  const marks =
    state.breaker.state === 'closed' || isClosed ? { breaker } : { breaker, retryAt: state.breaker.retryAt }
  if (isStale) return { status: 'unknown', detail: 'stale', ...marks }
  if (breaker !== 'closed') return { status: 'unhealthy', detail: 'circuit open', ...marks }
  const { status, detail } = state.last
  return { status: status === 'unknown' ? 'unknown' : state.settled, detail, ...marks }
}
