import type { Health } from '../core/define.ts'
import type { Region } from '../core/region.ts'
import { systemClock } from '../drivers/clock.ts'
import { type Routes, createRoutes } from '../http/routes.ts'
import { type PolledCell, poller } from '../poll/poller.ts'
import { durableObject } from '../stores/durable-object.ts'
import { type CellClass, cellClass } from '../stores/durable-object-cell.ts'
import { type ProberClass, proberClass, proberOf } from './cloudflare-prober.ts'
import { ownHost } from './colo.ts'

/** The exports of a Worker. */
export interface OnCloudflare {
  /** The Worker: `export default worker`. Its `scheduled`, called by a cron trigger, revives background rounds. */
  readonly worker: {
    readonly fetch: Routes['fetch']
    readonly scheduled: (controller: unknown, env: unknown) => Promise<void>
  }
  /** The Durable Object class that keeps the state; bind it as `CELL`. */
  readonly Cell: CellClass
  /** The entrypoint that runs rounds where a region's object is. Export it under this name. */
  readonly Prober: ProberClass
  /** The paths, to mount in a Hono app of your own: `app.route('/', routes)`. */
  readonly routes: Routes
}

/** The one cell of a definition without regions. */
const CELL_NAME = 'auto'

/**
 * Hosts a definition on Cloudflare Workers.
 *
 * The state lives in Durable Objects bound as `CELL`, one for each region. When none can be reached, the Worker runs the
 * checks itself, and the report says `"state": "local"`.
 *
 * @example
 * ```ts
 * import { onCloudflare } from 'allclear/cloudflare'
 * import health from './health.config'
 *
 * export const { Cell, Prober, worker } = onCloudflare(health)
 * export default worker
 * ```
 */
export function onCloudflare<Env>(health: Health<Env>): OnCloudflare {
  const newId = (): string => crypto.randomUUID()
  const cells = health.regions.length === 0 ? [ONLY_CELL] : health.regions.map(regionalCell)
  const poll = poller(health, { clock: systemClock, cells, newId, warn })
  const routes = createRoutes(health, { poll, warn })
  return {
    worker: { fetch: routes.fetch, scheduled: (_, env) => revive(health, env) },
    Cell: cellClass({
      rules: health,
      now: systemClock.now,
      newId,
      random: Math.random,
      startRound: async (ctx, order) => proberOf(ctx).round(order),
      warn,
    }),
    Prober: proberClass(health, cellNamespace),
    routes,
  }
}

function warn(message: string): void {
  console.warn(message)
}

const ONLY_CELL: PolledCell = { storeOf: (env) => durableObject(cellNamespace(env), CELL_NAME) }

/** A region's cell, whose object has the rounds run in the region. */
function regionalCell(region: Region): PolledCell {
  return {
    region,
    storeOf: (env, { request }) => {
      const store = durableObject(cellNamespace(env), region, region)
      const host = request && ownHost(request)
      return { ...store, begin: (_, { ttlMs } = {}) => store.ensure(host, ttlMs) }
    },
  }
}

/** Restarts the background rounds of every region whose alarm was lost. */
async function revive({ intervalMs, regions }: Health<never>, env: unknown): Promise<void> {
  if (intervalMs === undefined) return
  const namespace = cellNamespace(env)
  const stores =
    regions.length === 0
      ? [durableObject(namespace, CELL_NAME)]
      : regions.map((region) => durableObject(namespace, region, region))
  const revived = await Promise.allSettled(stores.map((store) => store.revive()))
  for (const { status } of revived) {
    if (status === 'rejected') warn('allclear: a region could not be revived; the next minute tries again')
  }
}

function cellNamespace(env: unknown): DurableObjectNamespace {
  const { CELL } = (env ?? {}) as { CELL?: DurableObjectNamespace }
  if (CELL === undefined)
    throw new Error('the Durable Object is not bound: wrangler.toml needs a binding CELL')
  return CELL
}
