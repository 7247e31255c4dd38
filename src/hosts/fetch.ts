import type { Health } from '../core/define.ts'
import { isWorker } from '../drivers/platform.ts'
import type { Routes } from '../http/routes.ts'
import type { Store } from '../stores/store.ts'
import { singleCell } from './single-cell.ts'

/** The variables of a process. A check whose variable is missing is `misconfigured`. */
export type Variables = Readonly<Record<string, string | undefined>>

/** The options of `onFetch`. */
export interface FetchOptions<Env> {
  /** The store of the state. Default the memory of this process. */
  readonly store?: Store
  /** The environment of the checks, such as `process.env`. Default the second argument of each call. */
  readonly env?: Env | Variables
  /** Answers below this path, for routers that do not strip a prefix: `/health`. Default at the root. */
  readonly basePath?: string
}

/** The handler, for any runtime with Request and Response. */
export interface OnFetch {
  /** Answers a request. `env` is the environment of the checks, unless the option `env` is set. */
  readonly fetch: (request: Request, env?: unknown) => Promise<Response>
  /** The paths, to mount in a Hono app of your own: `app.route('/', routes)`. */
  readonly routes: Routes
}

/**
 * Hosts a definition on any runtime with Request and Response: Bun, Deno, Express or Fastify through an adapter.
 *
 * It has one cell and ignores `regions`, which only Workers support. It has no background rounds and no disks, so
 * `intervalMs` and the `path` of a disk need another host.
 *
 * @param options `store`: default memory. `env`: default the second argument of each call, which in most runtimes is not
 * an environment. `basePath`: default the root.
 * @example
 * ```ts
 * import { onFetch } from 'allclear/fetch'
 * import health from './health.config'
 *
 * const { fetch } = onFetch(health, { env: process.env })
 * Bun.serve({ fetch, port: 8080 })
 * ```
 */
export function onFetch<Env>(
  health: Health<Env>,
  { store, env, ...routing }: FetchOptions<NoInfer<Env>> = {},
): OnFetch {
  const { routes } = singleCell(health, {
    store,
    canShare: !isWorker,
    ...routing,
    ...(env === undefined ? {} : { envOf: () => env }),
  })
  return { fetch: async (request, given) => routes.fetch(request, given as never), routes }
}
