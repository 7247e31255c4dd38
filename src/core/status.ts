/** The state of a check, or of the whole. `unknown` means that nothing is proven: it never counts as good. */
export type Status = 'healthy' | 'degraded' | 'unhealthy' | 'unknown'

/** Every status, best first. */
export const STATUSES: readonly Status[] = ['healthy', 'degraded', 'unhealthy', 'unknown']

/**
 * Folds the statuses of checks into the status of the whole.
 *
 * A critical check `unhealthy` makes it `unhealthy`; else a critical check `unknown` makes it `unknown`; else
 * anything not `healthy` makes it `degraded`. No check at all proves nothing, so it is `unknown`.
 */
export function foldStatus(checks: readonly { status: Status; critical: boolean }[]): Status {
  if (checks.length === 0) return 'unknown'
  const critical = checks.filter((check) => check.critical)
  if (critical.some((check) => check.status === 'unhealthy')) return 'unhealthy'
  if (critical.some((check) => check.status === 'unknown')) return 'unknown'
  return checks.every((check) => check.status === 'healthy') ? 'healthy' : 'degraded'
}
