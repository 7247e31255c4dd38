import type { Context, Hono as App } from 'hono'
import { Hono } from 'hono/tiny'
import { getPath } from 'hono/utils/url'
import type { Health } from '../core/define.ts'
import type { Answer, Reader, ReaderContext } from '../core/plugin.ts'
import { json } from '../formats/json.ts'
import type { Poll } from '../poll/poller.ts'
import { describe } from '../probe/describe.ts'
import { reasonOf } from '../probe/secrets.ts'
import { type Access, accessOf } from './auth.ts'
import { check } from './readers/check.ts'
import { live } from './readers/live.ts'
import { metrics } from './readers/metrics.ts'
import { type Formats, ready } from './readers/ready.ts'
import { startup } from './readers/startup.ts'
import { send } from './send.ts'
import { when } from './when.ts'

/** The app that answers; mount it in any Hono app: `app.route('/', routes)`. */
export type Routes = App

export interface RoutesOptions {
  readonly poll: Poll
  /** Takes a line, free of secrets, for each unexpected error. */
  readonly warn: (message: string) => void
  /** The environment of checks, plugins and the token, from what hono was handed. Default just that. */
  readonly envOf?: (handed: unknown) => unknown
  /** How long the invocation can still take, in milliseconds. Default without end. */
  readonly leftMs?: (handed: unknown) => number
  /** Whether this process is about to end, so that nothing more should be sent to it. Default never. */
  readonly isLeaving?: () => boolean
  /** Answers below this path, for routers that do not strip a prefix: `/health`. Default at the root. */
  readonly basePath?: string
  /** The header `Authorization`, where a host knows it cheaper than by the request. */
  readonly authorizationOf?: (c: Context) => string | null | undefined
}

/** The readers of a definition: Allclear's own, then those of its plugins. */
export function readersOf(health: Health<never>, isLeaving: () => boolean): readonly Reader<never>[] {
  const formats: Formats = [json, ...health.plugins.flatMap((plugin) => plugin.formats ?? [])]
  return [
    live('/healthz'),
    live('/livez'),
    ready(health, { formats, isLeaving }),
    check(health, formats),
    startup(formats),
    metrics(health),
    ...health.plugins.flatMap((plugin) => plugin.readers ?? []),
  ]
}

/** Builds every path of a definition over one way of polling. */
export function createRoutes(health: Health<never>, options: RoutesOptions): Routes {
  const { warn, envOf = (handed) => handed, isLeaving = () => false, basePath = '' } = options
  const { authorizationOf = ({ req }) => req.raw.headers.get('Authorization') } = options
  const base = basePath.replace(/^\/*(.*?)\/*$/, (_, path: string) => path && `/${path}`)
  const readers = readersOf(health, isLeaving)

  const handlerOf = ({ methods = ['GET'], needsToken = false, answer }: Reader<never>) => {
    const allowed = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
    return (c: Context): Response | Promise<Response> => {
      const { method } = c.req
      if (!allowed.includes(method)) return send(notAllowed(method, allowed), method)
      const env = envOf(c.env)
      let access: Access | Promise<Access> | undefined
      const accessNow = (): Access | Promise<Access> => (access ??= accessOf(authorizationOf(c), health, env))
      const context: ReaderContext<never> = {
        request: c.req.raw,
        env: env as never,
        health,
        param: (name) => c.req.param(name) ?? '',
        query: (name) => c.req.queries(name) ?? [],
        report: () => options.poll(env, callerOf(c, options)),
        isPrivate: () => when(accessNow(), (found) => found === 'granted'),
      }
      try {
        const response = when(needsToken ? accessNow() : 'granted', (found) =>
          when(found === 'granted' ? answer(context) : UNAUTHORIZED, (answered) =>
            when(access ?? 'none', (asked) =>
              send(answered, method, asked === 'refused' ? REFUSED : undefined),
            ),
          ),
        )
        return response instanceof Promise ? response.catch(rethrow) : response
      } catch (error) {
        return rethrow(error)
      }
    }
  }

  const routes: Routes = new Hono({ getPath: tidyPath })
  // One handler for all methods: hono calls it at once, where it would compose several that match.
  for (const reader of readers) routes.all(base + reader.path, handlerOf(reader))
  const index = handlerOf(indexOf(health, readers, base))
  // An app that these paths are mounted in has its own word for the others.
  routes.notFound((c) => {
    const { path } = c.req
    if (path === base || path === `${base}/`) return index(c)
    return send({ code: 404, body: { error: `no such path: ${path}` } }, 'GET')
  })
  routes.onError((error, c) => {
    warn(`allclear: ${reasonOf(error, envOf(c.env))}`)
    return send({ code: 500, body: { error: 'internal error' } }, 'GET')
  })
  return routes
}

/** hono hands on what is no `Error` as it is, and the platform has no answer for it. */
function rethrow(thrown: unknown): never {
  throw thrown instanceof Error ? thrown : new Error(describe(thrown))
}

/** The path of a request; monitors that join URLs by hand double a slash. */
function tidyPath(request: Request): string {
  const path = getPath(request)
  return path.includes('//') ? path.replace(/\/{2,}/g, '/') : path
}

/** The reader of `/`, unless a plugin has that path: it lists the paths. */
function indexOf({ service }: Health<never>, readers: readonly Reader<never>[], base: string): Reader {
  const paths = readers.map(
    ({ path }) => base + path.replace(/:(\w+)/g, (_, name: string) => name.toUpperCase()),
  )
  return { path: '/', answer: () => ({ body: { service: service.name, paths } }) }
}

/** As RFC 6750 has it, section 3. */
const REFUSED = { 'WWW-Authenticate': 'Bearer error="invalid_token"' }

const UNAUTHORIZED: Answer = {
  code: 401,
  headers: { 'WWW-Authenticate': 'Bearer' },
  body: { error: 'this path wants the token: Authorization: Bearer TOKEN' },
}

function notAllowed(method: string, allowed: readonly string[]): Answer {
  return {
    code: 405,
    headers: { Allow: allowed.join(', ') },
    body: { error: `${method} is not allowed here; use ${allowed.join(' or ')}` },
  }
}

function callerOf(c: Context, { leftMs = () => Infinity }: RoutesOptions): Parameters<Poll>[1] {
  return { waitUntil: (work) => keepAlive(c, work), request: c.req.raw, leftMs: leftMs(c.env) }
}

/** Keeps work going when the caller hangs up; where there is no such thing, nothing ends it either. */
function keepAlive(c: Context, work: Promise<unknown>): void {
  try {
    c.executionCtx.waitUntil(work)
  } catch {
    // hono throws when the platform has no execution context.
  }
}
