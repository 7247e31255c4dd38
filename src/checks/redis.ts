import { Redis, errors } from '@upstash/redis/cloudflare'
import {
  type Check,
  type CheckContext,
  CheckFailure,
  type Outcome,
  type PolicyOptions,
  type Value,
  valueOf,
} from '../core/check.ts'
import { value } from '../core/schema.ts'
import { connectionFailed, isMalformedAnswer, without } from './failure.ts'

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
      url: value(isRestUrl, 'an http(s) URL without credentials'),
      token: value(isToken, 'a token'),
    },
    defaults: { degradedAboveMs: 50 },
    probe: (context) => probe(options, context),
  }
}

async function probe<Env>(options: RedisOptions<Env>, { env, signal }: CheckContext<Env>): Promise<Outcome> {
  const url = urlOf(options.url, env)
  const token = tokenOf(options.token, env)
  const answer = await ping(url, token, signal).catch((error: unknown) => {
    throw signal.aborted ? error : failure(error, [url, token])
  })
  if (answer !== 'PONG') throw new CheckFailure('unexpected body', 'PING was not answered with PONG')
  return { status: 'healthy' }
}

/** One request, whatever comes of it. */
async function ping(url: string, token: string, signal: AbortSignal): Promise<unknown> {
  const client = new Redis({
    url,
    token,
    // As a function: the driver would make a good answer of a plain signal's abort.
    signal: () => signal,
    // `false` would be two attempts, and pipelining would send even this to /pipeline.
    retry: { retries: 0 },
    enableAutoPipelining: false,
    // An answer of "PONG" in quotes is not PONG.
    automaticDeserialization: false,
    enableTelemetry: false,
    readYourWrites: false,
  })
  return client.ping()
}

/** The HTTP status is not in the driver's errors, and so not in the detail. */
function failure(error: unknown, secrets: readonly string[]): CheckFailure {
  // These two quote the URL and the answer.
  if (error instanceof errors.UrlError) return misconfiguredUrl()
  if (error instanceof errors.UpstashJSONParseError || isMalformedAnswer(error)) {
    return new CheckFailure('unexpected body', 'the answer is not of the REST protocol')
  }
  if (error instanceof errors.UpstashError) return new CheckFailure('error', without(secrets, error.message))
  return connectionFailed(error, secrets)
}

/** As it was given, since the driver is as exacting as the application will find it. */
function urlOf<Env>(url: Value<Env, string>, env: Env): string {
  const text = valueOf('url', url, env)
  if (isRestUrl(text)) return text
  throw misconfiguredUrl()
}

function misconfiguredUrl(): CheckFailure {
  return new CheckFailure('misconfigured', 'url: expected an http(s) URL without credentials')
}

/** A line feed at its end, as `echo` leaves one, does not travel; whatever else HTTP cannot carry is a fault. */
function tokenOf<Env>(given: Value<Env, string>, env: Env): string {
  const token = valueOf('token', given, env)
  if (isToken(token)) return token.trimEnd()
  throw new CheckFailure('misconfigured', 'token: expected a token')
}

function isRestUrl(text: string): boolean {
  const url = URL.parse(text)
  const hasProtocol = url?.protocol === 'http:' || url?.protocol === 'https:'
  return hasProtocol && url.username === '' && url.password === '' && !/\s/.test(text)
}

function isToken(token: string): boolean {
  return /^[\u0021-\u007e]+\s*$/.test(token)
}
