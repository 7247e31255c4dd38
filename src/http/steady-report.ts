import type { Health } from '../core/define.ts'
import { type Report, aged, steadyMs } from '../core/report.ts'
import type { Clock } from '../probe/clock.ts'

/** The report that this process gave last, as long as only its age changes: most polls find no more to do. */
export interface SteadyReport {
  /** The report brought to now, its checks the very same objects; nothing when it has to be made anew. */
  readonly get: () => Report | undefined
  readonly keep: (report: Report) => Report
}

export function steadyReport(health: Health<never>, { now }: Clock): SteadyReport {
  let last: { readonly report: Report; readonly at: number; readonly forMs: number } | undefined
  return {
    get: () => {
      if (last === undefined) return undefined
      const passedMs = now() - last.at
      return passedMs >= 0 && passedMs < last.forMs ? aged(last.report, passedMs) : undefined
    },
    keep: (report) => {
      const cells = [report, ...report.regions.map((one) => one.report)]
      last = { report, at: now(), forMs: Math.min(...cells.map((cell) => steadyMs(health, cell))) }
      return report
    },
  }
}
