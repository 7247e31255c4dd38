import * as v from 'valibot'
import {
  type Check,
  type CheckContext,
  CheckFailure,
  MISCONFIGURED,
  type Outcome,
  type PolicyOptions,
  type Value,
} from '../core/check.ts'
import { anything, either, httpUrl, never, options as optionsOf, value } from '../core/schema.ts'
import { askClient } from '../drivers/client.ts'
import { OWN_HOST, type Rows, connectionUrl, hasEndpoint, queryNeon } from '../drivers/neon.ts'
import { targetOf } from './request.ts'

/** The options of `postgres`: either `url` or `pool`. */
export type PostgresOptions<Env> = UrlPostgresOptions<Env> | PoolPostgresOptions<Env>

/** A Postgres behind Neon's HTTP protocol. */
export interface UrlPostgresOptions<Env> extends PolicyOptions {
  /** The connection string: `postgres://user:password@host/database`. */
  readonly url: Value<Env, string>
  /** An http(s) URL that the queries are posted to. Default that of Neon, or of the loopback host in `url`. */
  readonly endpoint?: Value<Env, string>
  /** When the server's connections count as used up. */
  readonly saturation?: {
    /** From this share of `max_connections` on, above 0 and up to 1, it is `degraded`. Default 0.9. */
    readonly degraded?: number
  }
  readonly pool?: never
}

/** A Postgres that the application has a pool of connections to. */
export interface PoolPostgresOptions<Env> extends PolicyOptions {
  /** The application's own pool: that of `pg`, Neon's, or any other like them. */
  readonly pool: Value<Env, PostgresPool>
  readonly url?: never
  readonly endpoint?: never
  readonly saturation?: never
}

/** A pool, as far as it is used here. */
export interface PostgresPool {
  query(text: string): PromiseLike<unknown>
  /** The connections that it has. */
  readonly totalCount: number
  /** The connections that nobody uses. */
  readonly idleCount: number
  readonly options: {
    /** The most connections that it may have. */
    readonly max?: number | undefined
  }
}

const CONNECTION_STRING = 'a postgres:// URL with user, host and database'

/**
 * Checks a Postgres.
 *
 * With `url` it is one behind Neon's HTTP protocol, through `@neondatabase/serverless`: one read-only query, which any
 * role may run. `degraded` with `pool saturated` when the connections in use reach their share of `max_connections`. A
 * loopback host is asked at `http://HOST:PORT/sql`, any other that is not Neon's at `endpoint`, and without that it is
 * `misconfigured`: nothing is sent to a host that nobody named.
 *
 * With `pool` it is asked by the application's own pool: `degraded` with `pool saturated` when all connections are taken.
 *
 * It never throws. `defineHealth` reports what is wrong with the options, and a value that `env` lacks, or that is no
 * connection string, makes this check `unhealthy` with `misconfigured`.
 *
 * @example
 * ```ts
 * postgres({ url: (env) => env.DATABASE_URL, saturation: { degraded: 0.8 } })
 * postgres({ pool: () => pool })
 * ```
 */
export function postgres<Env = unknown>(options: PostgresOptions<Env>): Check<Env> {
  return {
    kind: 'postgres',
    options,
    entries: sourceEntries(options),
    probe: (context) => probe(options, context),
  }
}

/** The schemas of `url`, `endpoint`, `saturation` and `pool`, of which some exclude each other. */
function sourceEntries<Env>(options: PostgresOptions<Env>): v.ObjectEntries {
  if (isPooled(options)) {
    return {
      pool: anything(
        (input) => typeof input === 'function' || isPool(input),
        `${POOL} or a function of env that gives one`,
      ),
      url: v.optional(never('expected either url or pool, received both')),
      endpoint: v.optional(never('expected none beside pool')),
      saturation: v.optional(never('expected none beside pool')),
    }
  }
  const { endpoint } = (options ?? {}) as Partial<UrlPostgresOptions<Env>>
  const isAstray = (given: string): boolean =>
    endpoint === undefined && connectionUrl(given) !== undefined && !hasEndpoint(given)
  return {
    url: either((input) =>
      typeof input === 'string' && isAstray(input.trim())
        ? value(() => false, `${OWN_HOST}, or the option endpoint beside it,`)
        : value((given) => connectionUrl(given) !== undefined, CONNECTION_STRING),
    ),
    endpoint: v.optional(httpUrl()),
    saturation: v.optional(
      optionsOf({ degraded: v.optional(anything(isShare, 'a number above 0 and up to 1')) }),
    ),
    pool: v.optional(never('expected either url or pool')),
  }
}

function isPooled<Env>(options: PostgresOptions<Env>): options is PoolPostgresOptions<Env> {
  return (options as Partial<PostgresOptions<Env>> | undefined)?.pool !== undefined
}

const POOL = 'a pool with query, totalCount, idleCount and options.max'

function isPool(input: unknown): boolean {
  const pool = input as Partial<PostgresPool> | null | undefined
  const counts = [pool?.totalCount, pool?.idleCount, pool?.options?.max]
  return typeof pool?.query === 'function' && counts.every((one) => typeof one === 'number')
}

async function probe<Env>(options: PostgresOptions<Env>, context: CheckContext<Env>): Promise<Outcome> {
  return isPooled(options) ? probePool(options, context) : probeUrl(options, context)
}

async function probePool<Env>(
  { pool: given }: PoolPostgresOptions<Env>,
  context: CheckContext<Env>,
): Promise<Outcome> {
  const pool = context.value('pool', given)
  if (!isPool(pool)) throw new CheckFailure(MISCONFIGURED, `pool: expected ${POOL}`)
  const used = Math.max(0, pool.totalCount - pool.idleCount)
  const observed = { value: used, unit: 'connections' }
  // A query would wait until somebody gives a connection back, and more would wait with each probe.
  if (used >= (pool.options.max ?? Infinity))
    return { status: 'degraded', detail: 'pool saturated', observed }
  const answer = await askClient(pool, () => pool.query('select 1 as one'), context)
  const [row] = (answer as { readonly rows?: Rows } | undefined)?.rows ?? []
  if (Number(row?.['one']) === 1) return { status: 'healthy', observed }
  throw new CheckFailure('unexpected body', 'select 1 was not answered with 1')
}

/** Reads views and settings that an unprivileged role may read, as plain integers. */
const QUERY = `
  select sum(numbackends)::int as used, current_setting('max_connections')::int as most from pg_stat_database`

async function probeUrl<Env>(
  { url: given, endpoint, saturation: { degraded = 0.9 } = {} }: UrlPostgresOptions<Env>,
  context: CheckContext<Env>,
): Promise<Outcome> {
  const { text, secret, signal, machine } = context
  const url = secret(text('url', given))
  const parsed = connectionUrl(url)
  if (parsed === undefined) throw new CheckFailure(MISCONFIGURED, `url: expected ${CONNECTION_STRING}`)
  // The driver sends this spelling.
  secret(parsed.href)
  const target = endpoint === undefined ? undefined : targetOf('endpoint', endpoint, context)
  const { authorization } = target ?? {}
  const place = {
    url,
    endpoint: target?.url.href,
    headers: authorization === undefined ? {} : { authorization },
    signal,
    send: machine.send,
  }
  const { used, most } = connectionsIn(await queryNeon(place, QUERY))
  const observed = { value: used, unit: 'connections' }
  return used / most >= degraded
    ? { status: 'degraded', detail: 'pool saturated', observed }
    : { status: 'healthy', observed }
}

interface Connections {
  readonly used: number
  readonly most: number
}

function connectionsIn([row]: Rows): Connections {
  const used = row?.['used']
  const most = row?.['most']
  if (Number.isInteger(used) && Number.isInteger(most) && (used as number) >= 0 && (most as number) > 0) {
    // The statistics lag behind, but the connection that asked is there.
    return { used: Math.max(1, used as number), most: most as number }
  }
  throw new CheckFailure('unexpected body', 'the answer lacks the number of connections or max_connections')
}

function isShare(input: unknown): boolean {
  return typeof input === 'number' && input > 0 && input <= 1
}
