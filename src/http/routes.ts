import { type Context, Hono } from 'hono'
import type { Health } from '../core/define.ts'
import type { CallerPlace } from '../core/nearest.ts'
import { type Report, select } from '../core/report.ts'
import type { Status } from '../core/status.ts'
import { json, jsonCheck, jsonRegion } from '../formats/json.ts'
import { OPENMETRICS_TYPE, PROMETHEUS_TYPE, prometheus } from '../formats/prometheus.ts'
import { describe } from '../probe/check.ts'
import type { Poll } from './poll.ts'
import { redactor } from '../probe/redact.ts'
import { prefersOpenMetrics } from './accept.ts'
import { isAuthorized } from './auth.ts'
import { selection } from './selection.ts'
import { viewOf } from './view.ts'

/** The app that answers; mount it in any Hono app: `app.route('/', routes)`. */
export type Routes = Hono

export interface RoutesOptions {
  readonly poll: Poll
  /** Told, free of secrets, of what should not have happened. */
  readonly warn: (message: string) => void
}

/** Readiness in status codes: a monitor may read nothing else. */
const CODES = { healthy: 200, degraded: 200, unhealthy: 503, unknown: 503 } as const

const HEADERS = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' } as const

/** Builds every path of the contract over one way of polling. */
export function createRoutes(health: Health<never>, { poll, warn }: RoutesOptions): Routes {
  let startedUp = false

  const current = (c: Context): Promise<Report> =>
    poll(c.env, { waitUntil: (work) => keepAlive(c, work), request: c.req.raw })

  const live = (c: Context): Response => c.json({ status: 'healthy' }, 200, HEADERS)

  const ready = async (c: Context): Promise<Response> => {
    const selected = selection(health, (key) => c.req.queries(key))
    if ('error' in selected) return c.json({ error: selected.error }, 400, HEADERS)
    const view = viewOf(health, (key) => c.req.query(key), placeOf(c))
    if ('error' in view) return c.json({ error: view.error }, 400, HEADERS)
    const chosen = select(await current(c), selected.isWanted)
    const one = chosen.regions.find(({ region }) => region === view.region)
    const isPrivate = await isAuthorized(c, health)
    if (one === undefined) return answer(c, chosen.status, chosen, json(chosen, isPrivate))
    return answer(c, one.report.status, one.report, { region: one.region, ...jsonRegion(one, isPrivate) })
  }

  const one = async (c: Context): Promise<Response> => {
    const name = c.req.param('name') ?? ''
    if (!Object.hasOwn(health.checks, name)) {
      const known = Object.keys(health.checks).join(', ')
      return c.json({ error: `no check is named ${JSON.stringify(name)}; known: ${known}` }, 404, HEADERS)
    }
    const full = await current(c)
    const [check] = select(full, (candidate) => candidate.name === name).checks
    if (check === undefined) throw new Error('a check of the definition is missing from its report')
    return answer(c, check.status, full, jsonCheck(check, await isAuthorized(c, health)))
  }

  const startup = async (c: Context): Promise<Response> => {
    const full = startedUp ? undefined : await current(c)
    startedUp ||= full?.startedUp === true
    if (full === undefined || startedUp) return c.json({ status: 'healthy' }, 200, HEADERS)
    const counted = select(full, ({ probes }) => probes.includes('startup'))
    const status = counted.status === 'unhealthy' ? 'unhealthy' : 'unknown'
    return answer(c, status, full, { ...json(counted, await isAuthorized(c, health)), status })
  }

  const metrics = async (c: Context): Promise<Response> => {
    const openMetrics = prefersOpenMetrics(c.req.header('Accept') ?? '')
    const body = prometheus(await current(c), { prefix: health.metricsPrefix, openMetrics })
    return c.body(body, 200, { ...HEADERS, 'Content-Type': openMetrics ? OPENMETRICS_TYPE : PROMETHEUS_TYPE })
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
    // hono answers HEAD with what GET would, less the body.
    routes.get(path, handler)
    routes.all(path, (c) =>
      c.json({ error: `${c.req.method} is not allowed here; use GET or HEAD` }, 405, {
        ...HEADERS,
        Allow: 'GET, HEAD',
      }),
    )
  }
  routes.onError((error, c) => {
    warn(`allclear: ${redactor(c.env)(describe(error))}`)
    return c.json({ error: 'internal error' }, 500, HEADERS)
  })
  return routes
}

function answer(c: Context, status: Status, { nextRoundMs }: Report, body: object): Response {
  const code = CODES[status]
  const again = { 'Retry-After': String(Math.max(1, Math.ceil(nextRoundMs / 1000))) }
  return c.json(body, code, code === 503 ? { ...HEADERS, ...again } : HEADERS)
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
