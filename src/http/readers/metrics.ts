import type { Health } from '../../core/define.ts'
import type { Reader } from '../../core/plugin.ts'
import { metricsFormat } from '../../formats/prometheus.ts'
import { accepted } from '../negotiation.ts'
import { when } from '../when.ts'

/** Metrics: always 200, since an unhealthy dependency is data and no failed scrape. */
export function metrics({ metricsPrefix }: Health<never>): Reader {
  const plain = metricsFormat(metricsPrefix, false)
  const others = [metricsFormat(metricsPrefix, true)]
  return {
    path: '/metrics',
    answer: ({ request, report }) => {
      const format = accepted(request.headers.get('Accept'), plain, others)
      return when(report(), (full) => format.render({ status: full.status, report: full, isPrivate: false }))
    },
  }
}
