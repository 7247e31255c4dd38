import { Hono } from 'hono'
import type { Health } from '../core/define.ts'
import { type Routes, createRoutes } from '../http/routes.ts'
import { systemClock } from '../probe/clock.ts'
import { poller } from '../http/poll.ts'
import { durableObject } from '../stores/durable-object.ts'
import { type CellClass, cellClass } from '../stores/durable-object-cell.ts'

/** What a Worker exports. */
export interface OnCloudflare {
  /** The Worker: `export default worker`. */
  readonly worker: { readonly fetch: Routes['fetch'] }
  /** The Durable Object class that keeps the state; bind it as `CELL`. */
  readonly Cell: CellClass
  /** The paths alone, to mount in an app of your own: `app.route('/', routes)`. */
  readonly routes: Routes
}

/** With no regions there is one cell in the world. */
const CELL_NAME = 'auto'

/**
 * Hosts a definition on Cloudflare Workers.
 *
 * The state lives in the Durable Object bound as `CELL`. Where it is not bound or cannot be reached the checks are
 * run all the same, and the report says `"state": "local"`.
 *
 * @example
 * ```ts
 * import { onCloudflare } from 'allclear/cloudflare'
 * import health from './health.config'
 *
 * export const { Cell, worker } = onCloudflare(health)
 * export default worker
 * ```
 */
export function onCloudflare<Env>(health: Health<Env>): OnCloudflare {
  const warn = (message: string): void => console.warn(message)
  const poll = poller(health, {
    clock: systemClock,
    storeOf: (env) => durableObject(cellNamespace(env), CELL_NAME),
    newId: () => crypto.randomUUID(),
    warn,
  })
  const routes = createRoutes(health, { poll, warn })
  const app: Routes = new Hono()
  app.route('/', routes)
  app.notFound((c) => c.json({ error: `no such path: ${c.req.path}` }, 404))
  return { worker: { fetch: app.fetch }, Cell: cellClass(health, systemClock.now), routes }
}

function cellNamespace(env: unknown): DurableObjectNamespace {
  const { CELL } = (env ?? {}) as { CELL?: DurableObjectNamespace }
  if (CELL === undefined)
    throw new Error('the Durable Object is not bound: wrangler.toml needs a binding CELL')
  return CELL
}
