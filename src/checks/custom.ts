import type { Check, CheckContext, Outcome, PolicyOptions } from '../core/check.ts'
import { anything } from '../core/schema.ts'
import type { Status } from '../core/status.ts'

/**
 * A check of your own. The outcome that `run` gives counts, nothing at all is `healthy`, and a throw is `unhealthy`
 * with `error`. Hand `signal` to whatever it awaits: it aborts at the check's deadline. The context's own `fetch` has it.
 *
 * It never throws; `defineHealth` reports what is wrong with `run` or the policy.
 *
 * @param run gets `{ env, signal, now, fetch, secret, … }`. Its `detail` is public: a few words of your own. A text that was
 * given to `secret(text)` is taken out of whatever leaves.
 * @param policy the options that every check has. Default none.
 * @example
 * ```ts
 * custom(async ({ env, fetch }) => {
 *   const response = await fetch(env.QUEUE_URL)
 *   const { waiting } = await response.json()
 *   if (waiting > 50) return { status: 'degraded', detail: `${waiting} jobs waiting` }
 * }, { critical: false })
 * ```
 */
export function custom<Env = unknown>(
  run: (context: CheckContext<Env>) => Promise<Outcome | Status | void>,
  policy: PolicyOptions = {},
): Check<Env> {
  // `run` is put among the options, so that a fault names it like one of them. A policy that is no object stays as it
  // is, so that it becomes a fault too.
  const options = typeof policy === 'object' && policy !== null ? { ...policy, run } : policy
  return {
    kind: 'custom',
    options,
    entries: { run: anything((input) => typeof input === 'function', 'a function of the context') },
    hasOwnWords: true,
    // Async, so that a throw before the first promise rejects like any other.
    probe: async (context) => await run(context),
  }
}
