import type { Check, CheckContext, Outcome, PolicyOptions } from '../src/core/check.ts'
import type { Status } from '../src/core/status.ts'

/** A check of nothing but a function, for tests of what surrounds checks. */
export function checkOf(
  probe: (context: CheckContext<any>) => Promise<Outcome | Status | void>,
  options: PolicyOptions = {},
): Check<any> {
  return { kind: 'custom', options, entries: {}, hasOwnWords: true, probe }
}

/** A check that never ends, and does not listen to its signal. */
export function hanging(options: PolicyOptions = {}): Check<any> {
  return checkOf(() => new Promise(() => {}), options)
}
