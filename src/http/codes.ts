import type { Answer, Rendered } from '../core/plugin.ts'
import type { Report } from '../core/report.ts'
import type { Status } from '../core/status.ts'

/** Tells a status in a code, for monitors that read nothing else, and when to ask again if that is worth it. */
export function answerOf(
  status: Status,
  rendered: Rendered,
  { nextRoundMs }: Report,
  failsDegraded: boolean,
): Answer {
  const isGood = status === 'healthy' || (status === 'degraded' && !failsDegraded)
  if (isGood) return { status, ...rendered }
  const headers = { 'Retry-After': String(Math.max(1, Math.ceil(nextRoundMs / 1000))) }
  return { code: 503, status, ...rendered, headers }
}
