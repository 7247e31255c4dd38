import type { Health } from '../core/define.ts'
import type { Routes } from '../http/routes.ts'
import type { Store } from '../stores/store.ts'
import { singleCell } from './single-cell.ts'

/** The options of `onFetch`. */
export interface FetchOptions<Env> {
  /** Where the state is kept. Default the memory of this process. */
  readonly store?: Store
  /** What checks are given, whatever the runtime hands on beside the request. Default just that. */
  readonly env?: Env
}

/** What any runtime with Request and Response can call. */
export interface OnFetch {
  /** Answers a request. `env` is what checks are given, unless the option `env` says it. */
  readonly fetch: (request: Request, env?: unknown) => Promise<Response>
  /** The paths alone, to mount in a Hono app of your own: `app.route('/', routes)`. */
  readonly routes: Routes
}

/**
 * Hosts a definition on anything that knows Request and Response: Bun, Deno, Express or Fastify through an adapter.
 *
 * There is one cell, here: `regions` is for Workers. Nor are there background rounds, or disks of its own: `intervalMs`
 * and the `path` of a disk are for hosts that have timers and disks.
 *
 * @param options `store`: default memory. `env`: default what the runtime hands on beside the request, which with most
 * runtimes is something else than an environment.
 * @example
 * ```ts
 * import { onFetch } from 'allclear/fetch'
 * import health from './health.config'
 *
 * const { fetch } = onFetch(health, { env: process.env })
 * Bun.serve({ fetch, port: 8080 })
 * ```
 */
export function onFetch<Env>(health: Health<Env>, { store, env }: FetchOptions<Env> = {}): OnFetch {
  const { routes } = singleCell(health, {
    storeOf: store && (() => store),
    ...(env === undefined ? {} : { envOf: () => env }),
  })
  return { fetch: async (request, given) => routes.fetch(request, given as never), routes }
}
