import {
  type Check,
  type CheckContext,
  CheckFailure,
  type Outcome,
  type PolicyOptions,
  type Value,
} from '../core/check.ts'
import { value } from '../core/schema.ts'
import { REST_URL, isRestToken, isRestUrl, upstashClient } from '../drivers/upstash.ts'

/** The options of `redis`. */
export interface RedisOptions<Env> extends PolicyOptions {
  /** The REST URL of the database, as in `UPSTASH_REDIS_REST_URL`: http(s), with no credentials in it. */
  readonly url: Value<Env, string>
  /** Its token, as in `UPSTASH_REDIS_REST_TOKEN`. A read-only one will do. */
  readonly token: Value<Env, string>
  /** Slower than this, in milliseconds, is `degraded`. Default 50. */
  readonly degradedAboveMs?: number
}

/**
 * Checks a Redis behind Upstash's REST protocol, through `@upstash/redis`: `healthy` when `PING` is answered with
 * exactly `PONG`, else `unhealthy`.
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
 * ```
 */
export function redis<Env = unknown>(options: RedisOptions<Env>): Check<Env> {
  return {
    kind: 'redis',
    options,
    entries: {
      url: value(isRestUrl, REST_URL),
      token: value(isRestToken, 'a token'),
    },
    defaults: { degradedAboveMs: 50 },
    probe: (context) => probe(options, context),
  }
}

async function probe<Env>(
  { url, token }: RedisOptions<Env>,
  { text, secret, signal }: CheckContext<Env>,
): Promise<Outcome> {
  const client = upstashClient({ url: text('url', url), token: secret(text('token', token)), signal })
  const answer = await client.ping()
  if (answer !== 'PONG') throw new CheckFailure('unexpected body', 'PING was not answered with PONG')
  return { status: 'healthy' }
}
