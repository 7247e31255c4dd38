import type { Check, CheckContext, Outcome, PolicyOptions } from '../core/check.ts'
import { anything } from '../core/schema.ts'
import type { Status } from '../core/status.ts'

/**
 * A check of your own. What `run` gives is the outcome, nothing at all is `healthy`, and a throw is `unhealthy` with
 * `error`. Hand `signal` to whatever it awaits: it aborts at the check's deadline.
 *
 * It never throws; `defineHealth` reports what is wrong with `run` or the policy.
 *
 * @param run gets `{ env, signal, now }`. Its `detail` is public: words of your own, and no secret.
 * @param policy the options that every check has. Default none.
 * @example
 * ```ts
 * custom(async ({ env, signal }) => {
 *   const response = await fetch(env.QUEUE_URL, { signal })
 *   const { waiting } = await response.json()
 *   if (waiting > 50) return { status: 'degraded', detail: `${waiting} jobs waiting` }
 * }, { critical: false })
 * ```
 */
export function custom<Env = unknown>(
  run: (context: CheckContext<Env>) => Promise<Outcome | Status | void>,
  policy: PolicyOptions = {},
): Check<Env> {
  // Among the options, so that it is judged, and named in a fault, like one of them. What is no policy stays as it
  // is, for the same reason.
  const options = typeof policy === 'object' && policy !== null ? { ...policy, run } : policy
  return {
    kind: 'custom',
    options,
    entries: { run: anything((input) => typeof input === 'function', 'a function of the context') },
    // Awaited, so that a throw before the first promise, or no promise at all, is as good as any.
    probe: async (context) => await run(context),
  }
}
