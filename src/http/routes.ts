import { type Context, Hono } from 'hono'
import type { Health } from '../core/define.ts'
import type { CallerPlace } from '../core/nearest.ts'
import { type Report, select } from '../core/report.ts'
import type { Status } from '../core/status.ts'
import { json, jsonCheck, jsonRegion, jsonText } from '../formats/json.ts'
import { OPENMETRICS_TYPE, PROMETHEUS_TYPE, prometheus } from '../formats/prometheus.ts'
import { describe } from '../probe/check.ts'
import type { Poll } from './poll.ts'
import { redactor } from '../probe/redact.ts'
import { prefersOpenMetrics } from './accept.ts'
import { type Access, accessOf } from './auth.ts'
import { type Choice, selection } from './selection.ts'
import { viewOf } from './view.ts'

/** The app that answers; mount it in any Hono app: `app.route('/', routes)`. */
export type Routes = Hono

export interface RoutesOptions {
  readonly poll: Poll
  /** Told, free of secrets, of what should not have happened. */
  readonly warn: (message: string) => void
  /** What checks and the token are given, from what hono was handed. Default just that. */
  readonly envOf?: (handed: unknown) => unknown
  /** How long the invocation can still take, in milliseconds. Default without end. */
  readonly leftMs?: (handed: unknown) => number
  /** Whether this process is about to end, so that nothing more should be sent to it. Default never. */
  readonly isLeaving?: () => boolean
}

/** Readiness in status codes: a monitor may read nothing else. */
const CODES = { healthy: 200, degraded: 200, unhealthy: 503, unknown: 503 } as const

const HEADERS = {
  'Content-Type': 'application/json',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
} as const

const LEAVING = { status: 'unhealthy', error: 'shutting down' } as const

/** Which checks, and of which region, or what is wrong with the query. */
type Asked = { readonly error: string } | (Choice & { readonly region: string | undefined })

const EVERYTHING: Asked = { isWanted: ({ probes }) => probes.includes('ready'), region: undefined }

/** Builds every path of the contract over one way of polling. */
export function createRoutes(
  health: Health<never>,
  { poll, warn, envOf = (handed) => handed, leftMs = () => Infinity, isLeaving = () => false }: RoutesOptions,
): Routes {
  let startedUp = false
  const allAreReady = Object.values(health.checks).every(({ policy }) => policy.probes.includes('ready'))

  const current = (c: Context): Promise<Report> =>
    poll(envOf(c.env), {
      waitUntil: (work) => keepAlive(c, work),
      request: c.req.raw,
      leftMs: leftMs(c.env),
    })

  const live = (): Response => reply(200, { status: 'healthy' })

  const access = (c: Context): Promise<Access> => accessOf(c, health, envOf(c.env))

  const askedBy = (c: Context): Asked => {
    const selected = selection(health, (key) => c.req.queries(key))
    const view = viewOf(health, (key) => c.req.query(key), placeOf(c))
    return 'error' in selected ? selected : 'error' in view ? view : { ...selected, ...view }
  }

  const ready = async (c: Context): Promise<Response> => {
    if (isLeaving()) return reply(503, LEAVING, { 'Retry-After': '1' })
    const asked = c.req.url.includes('?') ? askedBy(c) : EVERYTHING
    if ('error' in asked) return reply(400, { error: asked.error })
    const full = await current(c)
    const { isPrivate, headers } = await access(c)
    if (asked === EVERYTHING && allAreReady && !isPrivate)
      return answer(full.status, full, jsonText(full), headers)
    const chosen = select(full, asked.isWanted)
    const one = chosen.regions.find(({ region }) => region === asked.region)
    if (one === undefined) return answer(chosen.status, chosen, json(chosen, isPrivate), headers)
    const body = { region: one.region, ...jsonRegion(one, isPrivate) }
    return answer(one.report.status, one.report, body, headers)
  }

  const one = async (c: Context): Promise<Response> => {
    const name = c.req.param('name') ?? ''
    if (!Object.hasOwn(health.checks, name)) {
      const known = Object.keys(health.checks).join(', ')
      return reply(404, { error: `no check is named ${JSON.stringify(name)}; known: ${known}` })
    }
    const full = await current(c)
    const [check] = select(full, (candidate) => candidate.name === name).checks
    if (check === undefined) throw new Error('a check of the definition is missing from its report')
    const { isPrivate, headers } = await access(c)
    return answer(check.status, full, jsonCheck(check, isPrivate), headers)
  }

  const startup = async (c: Context): Promise<Response> => {
    const full = startedUp ? undefined : await current(c)
    startedUp ||= full?.startedUp === true
    if (full === undefined || startedUp) return reply(200, { status: 'healthy' })
    const counted = select(full, ({ probes }) => probes.includes('startup'))
    const status = counted.status === 'unhealthy' ? 'unhealthy' : 'unknown'
    const { isPrivate, headers } = await access(c)
    return answer(status, full, { ...json(counted, isPrivate), status }, headers)
  }

  const metrics = async (c: Context): Promise<Response> => {
    const openMetrics = prefersOpenMetrics(c.req.header('Accept') ?? '')
    const body = prometheus(await current(c), { prefix: health.metricsPrefix, openMetrics })
    return reply(200, body, { 'Content-Type': openMetrics ? OPENMETRICS_TYPE : PROMETHEUS_TYPE })
  }

  const routes: Routes = new Hono()
  for (const [path, handler] of [
    ['/healthz', live],
    ['/livez', live],
    ['/readyz', ready],
    ['/readyz/:name', one],
    ['/startupz', startup],
    ['/metrics', metrics],
  ] as const) {
    // One handler for all methods: hono calls it at once, where it would compose several that match.
    routes.all(path, (c) => {
      const { method } = c.req
      if (method === 'GET') return handler(c)
      if (method === 'HEAD') return head(handler(c))
      return reply(405, { error: `${method} is not allowed here; use GET or HEAD` }, { Allow: 'GET, HEAD' })
    })
  }
  // An app that these paths are mounted in has its own word for the others.
  routes.notFound((c) => reply(404, { error: `no such path: ${c.req.path}` }))
  routes.onError((error, c) => {
    warn(`allclear: ${redactor(envOf(c.env))(describe(error))}`)
    return reply(500, { error: 'internal error' })
  })
  return routes
}

/** Says a status in code, and when to ask again if that is worth it. */
function answer(
  status: Status,
  { nextRoundMs }: Report,
  body: object | string,
  headers: Access['headers'],
): Response {
  const code = CODES[status]
  const again = { 'Retry-After': String(Math.max(1, Math.ceil(nextRoundMs / 1000))) }
  return reply(code, body, code === 503 ? { ...again, ...headers } : headers)
}

/** Every answer there is. Not through hono, whose way to set headers costs more than all the rest of a poll. */
function reply(
  code: number,
  body: object | string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return new Response(text, { status: code, headers: { ...HEADERS, ...headers } })
}

/** The answer to HEAD: with the length that GET would have, since platforms know only that of what they send. */
async function head(answering: Response | Promise<Response>): Promise<Response> {
  const response = await answering
  const { byteLength } = await response.arrayBuffer()
  response.headers.set('Content-Length', String(byteLength))
  return new Response(null, response)
}

/** Where the platform says that the caller is. */
function placeOf(c: Context): CallerPlace | undefined {
  return (c.req.raw as { cf?: CallerPlace }).cf
}

/** Keeps work going when the caller hangs up; where there is no such thing, nothing ends it either. */
function keepAlive(c: Context, work: Promise<unknown>): void {
  try {
    c.executionCtx.waitUntil(work)
  } catch {
    // hono throws when the platform has no execution context.
  }
}
