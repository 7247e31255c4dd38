import type { Health } from '../core/define.ts'
import type { Report } from '../core/report.ts'
import type { Poll } from './poller.ts'

/**
 * Makes one poll of a crowd: those that come while one is under way wait for its promise, and ask no store. The first
 * one ends no later than the others would. It is for platforms where requests may wait for each other: on Workers such
 * a promise can hang for ever.
 */
export function crowd({ deadlineMs }: Health<never>, poll: Poll): Poll {
  let underWay: { readonly polling: Promise<Report>; readonly env: unknown } | undefined
  return (env, caller) => {
    const { ttlMs, leftMs = Infinity } = caller
    if (ttlMs !== undefined || leftMs < deadlineMs) return poll(env, caller)
    if (underWay !== undefined && underWay.env === env) return underWay.polling
    const answer = poll(env, caller)
    if (!(answer instanceof Promise)) return answer
    const polling = answer.finally(() => (underWay = undefined))
    underWay = { polling, env }
    return polling
  }
}
