import { NeonDbError, neon, neonConfig } from '@neondatabase/serverless'
import * as v from 'valibot'
import {
  type Check,
  type CheckContext,
  CheckFailure,
  type Outcome,
  type PolicyOptions,
  type Value,
  valueOf,
} from '../core/check.ts'
import { decoded } from '../core/encoding.ts'
import { anything, options as optionsOf, value } from '../core/schema.ts'
import { connectionFailed, isMalformedAnswer, without } from './failure.ts'

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

/**
 * Checks a Postgres behind Neon's HTTP protocol, through `@neondatabase/serverless`: one read-only query, which any
 * role may run. `degraded` with `pool saturated` when the connections in use reach their share of `max_connections`.
 *
 * A local Postgres behind that protocol works too: where the host is `localhost`, `127.0.0.1` or `[::1]` the driver
 * asks `http://HOST:PORT/sql`.
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
      url: value(
        (input) => connectionUrl(input) !== undefined,
        'a postgres:// URL with user, host and database',
      ),
      saturation: v.optional(
        optionsOf({ degraded: v.optional(anything(isShare, 'a number above 0 and up to 1')) }),
      ),
    },
    probe: (context) => probe(options, context),
  }
}

/** Views and settings that an unprivileged role may read, as plain integers. */
const QUERY = `
  select sum(numbackends)::int as used, current_setting('max_connections')::int as most from pg_stat_database`

async function probe<Env>(
  { url, saturation: { degraded = 0.9 } = {} }: PostgresOptions<Env>,
  { env, signal }: CheckContext<Env>,
): Promise<Outcome> {
  const given = valueOf('url', url, env)
  const parsed = connectionUrl(given)
  // The driver's words for a malformed one would repeat it, password and all.
  if (parsed === undefined) {
    throw new CheckFailure('misconfigured', 'url: expected a postgres:// URL with user, host and database')
  }
  if (LOOPBACK.includes(parsed.hostname)) reachLoopback()
  const rows = await query(given, signal).catch((error: unknown) => {
    throw signal.aborted ? error : failure(error, secretsOf(given, parsed))
  })
  const { used, most } = connectionsIn(rows)
  const observed = { value: used, unit: 'connections' }
  return used / most >= degraded
    ? { status: 'degraded', detail: 'pool saturated', observed }
    : { status: 'healthy', observed }
}

/** One request. The driver's promise is lazy and sends again whenever it is awaited: here it is, once. */
async function query(url: string, signal: AbortSignal): Promise<unknown> {
  return await neon(url, { fetchOptions: { signal } }).query(QUERY)
}

interface Connections {
  readonly used: number
  readonly most: number
}

function connectionsIn(rows: unknown): Connections {
  const [row] = rows as readonly (Readonly<Record<string, unknown>> | undefined)[]
  const used = row?.['used']
  const most = row?.['most']
  if (Number.isInteger(used) && Number.isInteger(most) && (used as number) >= 0 && (most as number) > 0) {
    // The statistics lag behind, but the connection that asked is there.
    return { used: Math.max(1, used as number), most: most as number }
  }
  throw new CheckFailure('unexpected body', 'the answer lacks the number of connections or max_connections')
}

function failure(error: unknown, secrets: readonly string[]): CheckFailure {
  if (isMalformedAnswer(error)) {
    return new CheckFailure('unexpected body', "the answer is not of Neon's protocol")
  }
  if (!(error instanceof NeonDbError)) return connectionFailed(error, secrets)
  if (error.sourceError !== undefined) return connectionFailed(error.sourceError, secrets)
  const message = without(secrets, [error.code, error.message].filter(Boolean).join(' '))
  const status = /^Server error \(HTTP status (\d{3})\)/.exec(error.message)?.[1]
  return new CheckFailure(status === undefined ? 'error' : `http ${status}`, message)
}

/** The URL as the driver reads it, or `undefined` for one that it would refuse. */
function connectionUrl(text: string): URL | undefined {
  const protocol = URL.parse(text)?.protocol
  if (protocol !== 'postgres:' && protocol !== 'postgresql:') return undefined
  // The driver parses the rest as http, which is stricter about the host.
  const url = URL.parse(`http:${text.slice(protocol.length)}`)
  const isWhole = url !== null && url.username !== '' && url.hostname !== '-' && url.pathname !== '/'
  return isWhole ? url : undefined
}

function secretsOf(text: string, { href, password }: URL): readonly string[] {
  // What the driver sends is spelt anew.
  return [text, href.slice('http:'.length), password, decoded(password)]
}

const LOOPBACK: readonly string[] = ['localhost', '127.0.0.1', '[::1]']

/**
 * Makes the driver ask a loopback host itself, where it would ask `https://api.…/sql`. The driver has this setting
 * only for the whole module, so it is touched as little as can be: only when such a host is really probed, only while
 * it is still the driver's own (a user's stays), and every other host goes where it went before.
 */
function reachLoopback(): void {
  const standard = neonConfig.defaults.fetchEndpoint
  if (neonConfig.fetchEndpoint !== standard || typeof standard !== 'function') return
  neonConfig.fetchEndpoint = (host, port, options) =>
    LOOPBACK.includes(host)
      ? `http://${host}:${port === '' ? 5432 : port}/sql`
      : standard(host, port, options)
}

function isShare(input: unknown): boolean {
  return typeof input === 'number' && input > 0 && input <= 1
}
