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
import { anything, options as optionsOf, value } from '../core/schema.ts'
import { type Rows, connectionUrl, queryNeon } from '../drivers/neon.ts'

/** The options of `postgres`. */
export interface PostgresOptions<Env> extends PolicyOptions {
  /** The connection string: `postgres://user:password@host/database`. */
  readonly url: Value<Env, string>
  /** When the server's connections count as used up. */
  readonly saturation?: {
    /** From this share of `max_connections` on, above 0 and up to 1, it is `degraded`. Default 0.9. */
    readonly degraded?: number
  }
}

const CONNECTION_STRING = 'a postgres:// URL with user, host and database'

/**
 * Checks a Postgres behind Neon's HTTP protocol, through `@neondatabase/serverless`: one read-only query, which any
 * role may run. `degraded` with `pool saturated` when the connections in use reach their share of `max_connections`.
 *
 * A local Postgres behind that protocol works too: where the host is `localhost`, `127.0.0.1` or `[::1]` it is asked at
 * `http://HOST:PORT/sql`.
 *
 * It never throws. `defineHealth` reports what is wrong with the options, and a value that `env` lacks, or that is no
 * connection string, makes this check `unhealthy` with `misconfigured`.
 *
 * @example
 * ```ts
 * postgres({ url: (env) => env.DATABASE_URL, saturation: { degraded: 0.8 } })
 * ```
 */
export function postgres<Env = unknown>(options: PostgresOptions<Env>): Check<Env> {
  return {
    kind: 'postgres',
    options,
    entries: {
      url: value((input) => connectionUrl(input) !== undefined, CONNECTION_STRING),
      saturation: v.optional(
        optionsOf({ degraded: v.optional(anything(isShare, 'a number above 0 and up to 1')) }),
      ),
    },
    probe: (context) => probe(options, context),
  }
}

/** Reads views and settings that an unprivileged role may read, as plain integers. */
const QUERY = `
  select sum(numbackends)::int as used, current_setting('max_connections')::int as most from pg_stat_database`

async function probe<Env>(
  { url: given, saturation: { degraded = 0.9 } = {} }: PostgresOptions<Env>,
  { text, secret, signal }: CheckContext<Env>,
): Promise<Outcome> {
  const url = secret(text('url', given))
  const parsed = connectionUrl(url)
  if (parsed === undefined) throw new CheckFailure(MISCONFIGURED, `url: expected ${CONNECTION_STRING}`)
  // The driver sends this spelling.
  secret(parsed.href)
  const { used, most } = connectionsIn(await queryNeon(url, QUERY, signal))
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
