import * as v from 'valibot'
import type { Check, CheckContext, Outcome, PolicyOptions, Value } from '../core/check.ts'
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
import { readText } from '../drivers/body.ts'
import { discard, send, wrongStatus } from '../drivers/fetch.ts'
import { type BodyExpectation, bodyExpectation, expectBody } from './expect-body.ts'
import { type StatusExpectation, isExpectedStatus, statusExpectation } from './expect-status.ts'
import { HEADER_NAME, follow, headersFor, isHeaderValue, targetOf } from './request.ts'

/** The options of `http`. */
export interface HttpOptions<Env> extends PolicyOptions {
  /** An http(s) URL. Credentials in it are sent as an `Authorization` header. */
  readonly url: Value<Env, string>
  /** Default `GET`. An answer to `HEAD` has no body, so `body` is refused with it. */
  readonly method?: 'GET' | 'HEAD'
  /** Sent with the request, and after a redirect only to the same origin. Default `User-Agent: allclear` alone. */
  readonly headers?: Readonly<Record<string, Value<Env, string>>>
  /** The good statuses: `200`, `'2xx'`, `[200, '3xx']`. Default `'2xx'`. */
  readonly status?: StatusExpectation
  /** Expectations of the body, in the charset that it declares. Default none: it is not read. */
  readonly body?: BodyExpectation
  /** Whether up to 5 redirects are followed. Default `false`: a redirect's own status counts. */
  readonly followRedirects?: boolean
  /** The longest body, in bytes, that is compared; a longer one fails. Default 65536. */
  readonly maxBodyBytes?: number
}

/**
 * Checks that an HTTP service answers as expected: `healthy` when the response meets every expectation, else
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
 *   body: { json: { path: '$.queue.lag', atMost: 100 } },
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

/** One schema for each given header, so that a fault names its path. */
const HEADERS = either((input) => {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return NO_HEADERS
  const entries = Object.keys(input).map(
    (name) => [name, HEADER_NAME.test(name) ? HEADER : NO_HEADER] as const,
  )
  return optionsOf(Object.fromEntries(entries))
})

const NO_HEADERS = anything(() => false, 'an object of headers')
// The value of the header may be a secret, so the fault does not repeat it.
const NO_HEADER = v.custom(() => false, 'expected the name of a header')
const NO_BODY = anything(() => false, 'nothing with method HEAD, whose answers have no body')

async function probe<Env>(options: HttpOptions<Env>, context: CheckContext<Env>): Promise<Outcome> {
  const { signal, machine } = context
  const {
    method = 'GET',
    headers = {},
    status = '2xx',
    body,
    followRedirects = false,
    maxBodyBytes = 65536,
  } = options
  const { url, authorization } = targetOf('url', options.url, context)
  const request = { method, headers: headersFor(headers, authorization, context), signal, send: machine.send }
  const response = await (followRedirects ? follow(url, request) : send(url.href, request))
  if (!isExpectedStatus(response.status, status)) throw wrongStatus(response)
  if (body === undefined) discard(response)
  else expectBody(await readText(response, { maxBytes: maxBodyBytes, signal }), body)
  return { status: 'healthy' }
}

function hasNoBody(options: HttpOptions<never> | undefined): boolean {
  return options?.method === 'HEAD'
}
