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
import {
  anything,
  either,
  flag,
  httpUrl,
  oneOf,
  options as optionsOf,
  value,
  wholeAtLeast,
} from '../core/schema.ts'
import { readText } from './body.ts'
import { type BodyExpectation, bodyExpectation, expectBody } from './expect-body.ts'
import { type StatusExpectation, isExpectedStatus, statusExpectation } from './expect-status.ts'
import { discard, follow, headersFor, HEADER_NAME, isHeaderValue, send, targetOf } from './request.ts'

/** The options of `http`. */
export interface HttpOptions<Env> extends PolicyOptions {
  /** An http(s) URL. Credentials in it are sent as an `Authorization` header. */
  readonly url: Value<Env, string>
  /** Default `GET`. `HEAD` has no body to expect anything of. */
  readonly method?: 'GET' | 'HEAD'
  /** Sent with the request, and after a redirect only to the same origin. Default none, but for `User-Agent: allclear`. */
  readonly headers?: Readonly<Record<string, Value<Env, string>>>
  /** Which statuses are good: `200`, `'2xx'`, `[200, '3xx']`. Default `'2xx'`. */
  readonly status?: StatusExpectation
  /** What the body must be. Default nothing: it is not read. */
  readonly body?: BodyExpectation
  /** Whether up to 5 redirects are followed. Default `false`: a redirect's own status counts. */
  readonly followRedirects?: boolean
  /** Longest body, in bytes, that an expectation is held against; a longer one fails. Default 65536. */
  readonly maxBodyBytes?: number
}

/**
 * Checks that an HTTP service answers as expected: `healthy` when the response meets every expectation, and else
 * `unhealthy` with `http 502` (the status that came), `unexpected body` or `connection failed`.
 *
 * It never throws. `defineHealth` reports what is wrong with the options, and a value that `env` lacks, or that is no
 * URL, makes this check `unhealthy` with `misconfigured`.
 *
 * @example
 * ```ts
 * http({
 *   url: 'https://catalog.example.com/healthz',
 *   headers: { authorization: (env) => `Bearer ${env.CATALOG_TOKEN}` },
 *   body: { json: { path: 'queue.lag', equals: 0 } },
 * })
 * ```
 */
export function http<Env = unknown>(options: HttpOptions<Env>): Check<Env> {
  return {
    kind: 'http',
    options,
    entries: {
      url: httpUrl(),
      method: v.optional(oneOf(['GET', 'HEAD'])),
      headers: v.optional(HEADERS),
      status: v.optional(statusExpectation()),
      body: v.optional(hasNoBody(options) ? NO_BODY : bodyExpectation()),
      followRedirects: v.optional(flag()),
      maxBodyBytes: v.optional(wholeAtLeast(1)),
    },
    probe: (context) => probe(options, context),
  }
}

const HEADER = value((given) => given !== '' && isHeaderValue(given), 'the value of a header')

/** One schema for each header that is there, so that a fault has its path. */
const HEADERS = either((input) => {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return NO_HEADERS
  const entries = Object.keys(input).map(
    (name) => [name, HEADER_NAME.test(name) ? HEADER : NO_HEADER] as const,
  )
  return optionsOf(Object.fromEntries(entries))
})

const NO_HEADERS = anything(() => false, 'an object of headers')
// What it is the name of may be a secret, so it is not repeated.
const NO_HEADER = v.custom(() => false, 'expected the name of a header')
const NO_BODY = anything(() => false, 'nothing with method HEAD, whose answers have no body')

async function probe<Env>(options: HttpOptions<Env>, context: CheckContext<Env>): Promise<Outcome> {
  const { env, signal } = context
  const {
    method = 'GET',
    headers = {},
    status = '2xx',
    body,
    followRedirects,
    maxBodyBytes = 65536,
  } = options
  const { url, authorization } = targetOf('url', valueOf('url', options.url, env))
  const request = { method, headers: headersFor(headers, authorization, context), signal }
  const response = await (followRedirects === true ? follow : send)(url, request)
  const isExpected = isExpectedStatus(response.status, status)
  if (!isExpected || body === undefined) discard(response)
  if (!isExpected) {
    throw new CheckFailure(`http ${response.status}`, `answered with status ${response.status}`)
  }
  if (body !== undefined) expectBody(await readText(response, { maxBytes: maxBodyBytes, signal }), body)
  return { status: 'healthy' }
}

function hasNoBody(options: HttpOptions<never> | undefined): boolean {
  return options?.method === 'HEAD'
}
