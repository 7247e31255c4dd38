import { type Report, aged } from '../core/report.ts'
import type { Clock } from '../drivers/clock.ts'

/** The last report of this process, for as long as nothing in it but its age changes. It answers most polls. */
export interface SteadyReport {
  /** The report with its age brought to now and the very same `checks`, or nothing when it must be made anew. */
  readonly get: () => Report | undefined
  readonly keep: (report: Report) => Report
}

export function steadyReport({ now }: Clock): SteadyReport {
  let last: { readonly report: Report; readonly at: number; readonly forMs: number } | undefined
  // Polls of one millisecond share one object.
  let current: { readonly report: Report; readonly ageMs: number } | undefined
  return {
    get: () => {
      if (last === undefined) return undefined
      const ageMs = now() - last.at
      if (ageMs < 0 || ageMs >= last.forMs) return undefined
      if (current?.ageMs !== ageMs) current = { report: aged(last.report, ageMs), ageMs }
      return current.report
    },
    keep: (report) => {
      const parts = [report, ...report.regions.map((region) => region.report)]
      last = { report, at: now(), forMs: Math.min(...parts.map((part) => part.nextRoundMs)) }
      current = { report, ageMs: 0 }
      return report
    },
  }
}
