import type { Health } from '../core/define.ts'
import { type Caller, poller } from '../http/poll.ts'
import { type RegionCell, regionalPoller } from '../http/poll-regions.ts'
import { type Routes, createRoutes } from '../http/routes.ts'
import { systemClock } from '../probe/clock.ts'
import { type RegionalStore, durableObject } from '../stores/durable-object.ts'
import { type CellClass, cellClass } from '../stores/durable-object-cell.ts'
import { type ProberClass, proberClass, proberOf } from './cloudflare-prober.ts'
import { ownHost } from './colo.ts'

/** What a Worker exports. */
export interface OnCloudflare {
  /** The Worker: `export default worker`. Its `scheduled` revives background rounds; give it a cron trigger. */
  readonly worker: {
    readonly fetch: Routes['fetch']
    readonly scheduled: (controller: unknown, env: unknown) => Promise<void>
  }
  /** The Durable Object class that keeps the state; bind it as `CELL`. */
  readonly Cell: CellClass
  /** The entrypoint that runs rounds where a region's object is; export it under this name. */
  readonly Prober: ProberClass
  /** The paths alone, to mount in an app of your own: `app.route('/', routes)`. */
  readonly routes: Routes
}

/** With no regions there is one cell in the world. */
const CELL_NAME = 'auto'

/**
 * Hosts a definition on Cloudflare Workers.
 *
 * The state lives in Durable Objects bound as `CELL`, one for each region. Where none can be reached the checks are
 * run all the same, and the report says `"state": "local"`.
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
  const common = { clock: systemClock, newId: () => crypto.randomUUID(), warn }
  const storeOf = (env: unknown) => durableObject(cellNamespace(env), CELL_NAME).store
  const poll =
    health.regions.length === 0
      ? poller(health, { ...common, storeOf })
      : regionalPoller(health, { ...common, cellOf: regionCell })
  const routes = createRoutes(health, { poll, warn })
  return {
    worker: { fetch: routes.fetch, scheduled: (_, env) => revive(health, env) },
    Cell: cellClass({
      rules: health,
      now: systemClock.now,
      newId: common.newId,
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

function regionCell(env: unknown, region: Health<never>['regions'][number], { request }: Caller): RegionCell {
  const { ensure, store } = durableObject(cellNamespace(env), region, region)
  return { ensure: () => ensure(request && ownHost(request)), settled: store.settled }
}

/** Every region's background rounds; those whose alarm was lost begin again. */
async function revive(health: Health<never>, env: unknown): Promise<void> {
  if (health.intervalMs === undefined) return
  const cells: RegionalStore[] =
    health.regions.length === 0
      ? [durableObject(cellNamespace(env), CELL_NAME)]
      : health.regions.map((region) => durableObject(cellNamespace(env), region, region))
  const revived = await Promise.allSettled(cells.map((cell) => cell.revive()))
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
