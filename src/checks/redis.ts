import { type ObjectEntries, optional } from 'valibot'
import {
  type Check,
  type CheckContext,
  CheckFailure,
  MISCONFIGURED,
  type Outcome,
  type PolicyOptions,
  type Value,
} from '../core/check.ts'
import { anything, never, value } from '../core/schema.ts'
import { askClient } from '../drivers/client.ts'
import { REST_URL, isRestToken, isRestUrl, upstashClient } from '../drivers/upstash.ts'

/** The options of `redis`: either `url` and `token`, or `client`. */
export type RedisOptions<Env> = RestRedisOptions<Env> | ClientRedisOptions<Env>

/** A database behind Upstash's REST protocol. */
export interface RestRedisOptions<Env> extends RedisPolicy {
  /** The REST URL of the database, as in `UPSTASH_REDIS_REST_URL`: http(s), with no credentials in it. */
  readonly url: Value<Env, string>
  /** Its token, as in `UPSTASH_REDIS_REST_TOKEN`. A read-only one will do. */
  readonly token: Value<Env, string>
  readonly client?: never
}

/** A database that the application has a client of. */
export interface ClientRedisOptions<Env> extends RedisPolicy {
  /** The application's own client: that of ioredis, of node-redis, or any other with `ping()`. */
  readonly client: Value<Env, RedisClient>
  readonly url?: never
  readonly token?: never
}

/** A client, as far as it is used here. */
export interface RedisClient {
  ping(): PromiseLike<unknown>
}

interface RedisPolicy extends PolicyOptions {
  /** Slower than this, in milliseconds, is `degraded`. Default 50. */
  readonly degradedAboveMs?: number
}

/**
 * Checks a Redis, behind Upstash's REST protocol through `@upstash/redis`, or by the application's own client: `healthy`
 * when `PING` is answered with exactly `PONG`, else `unhealthy`.
 *
 * It never throws. `defineHealth` reports what is wrong with the options, and a value that `env` lacks, or that cannot
 * be used, makes this check `unhealthy` with `misconfigured`.
 *
 * @example
 * ```ts
 * redis({
 *   url: (env) => env.UPSTASH_REDIS_REST_URL,
 *   token: (env) => env.UPSTASH_REDIS_REST_TOKEN,
 *   critical: false,
 * })
 * redis({ client: () => client })
 * ```
 */
export function redis<Env = unknown>(options: RedisOptions<Env>): Check<Env> {
  return {
    kind: 'redis',
    options,
    entries: sourceEntries(options),
    defaults: { degradedAboveMs: 50 },
    probe: (context) => probe(options, context),
  }
}

function sourceEntries<Env>(options: RedisOptions<Env>): ObjectEntries {
  if (!isOwnClient(options)) {
    return {
      url: value(isRestUrl, REST_URL),
      token: value(isRestToken, 'a token'),
      client: optional(never('')),
    }
  }
  return {
    client: anything(
      (input) => typeof input === 'function' || isClient(input),
      'an object with ping() or a function of env that gives one',
    ),
    url: optional(never('expected either url or client, received both')),
    token: optional(never('expected none beside client')),
  }
}

function isOwnClient<Env>(options: RedisOptions<Env>): options is ClientRedisOptions<Env> {
  return (options as Partial<RedisOptions<Env>> | undefined)?.client !== undefined
}

function isClient(input: unknown): boolean {
  return typeof (input as Partial<RedisClient> | null)?.ping === 'function'
}

async function probe<Env>(options: RedisOptions<Env>, context: CheckContext<Env>): Promise<Outcome> {
  const answer = await (isOwnClient(options) ? pingClient(options, context) : pingRest(options, context))
  if (answer !== 'PONG') throw new CheckFailure('unexpected body', 'PING was not answered with PONG')
  return { status: 'healthy' }
}

function pingRest<Env>(
  { url, token }: RestRedisOptions<Env>,
  { text, secret, signal, machine: { send } }: CheckContext<Env>,
): Promise<unknown> {
  return upstashClient({ url: text('url', url), token: secret(text('token', token)), signal, send }).ping()
}

function pingClient<Env>({ client }: ClientRedisOptions<Env>, context: CheckContext<Env>): Promise<unknown> {
  const own = context.value('client', client)
  if (!isClient(own)) throw new CheckFailure(MISCONFIGURED, 'client: expected an object with ping()')
  return askClient(own, () => own.ping(), context)
}
