import type { Answer, Rendered } from '../core/plugin.ts'
import type { Report } from '../core/report.ts'
import type { Status } from '../core/status.ts'

/** Readiness in status codes: a monitor may read nothing else. */
const CODES: Readonly<Record<Status, number>> = { healthy: 200, degraded: 200, unhealthy: 503, unknown: 503 }

/** Tells a status in a code, and when to ask again if that is worth it. */
export function answerOf(status: Status, rendered: Rendered, { nextRoundMs }: Report): Answer {
  const code = CODES[status]
  if (code !== 503) return { code, ...rendered }
  return {
    code,
    ...rendered,
    headers: { 'Retry-After': String(Math.max(1, Math.ceil(nextRoundMs / 1000))) },
  }
}
