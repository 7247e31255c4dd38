import {
  type CheckContext,
  CheckFailure,
  MISCONFIGURED,
  type Reply,
  type Send,
  type Value,
} from '../core/check.ts'
import { base64, decoded } from '../core/encoding.ts'
import { discard, send } from '../drivers/fetch.ts'

/** A URL without credentials, and the header that they became. */
export interface Target {
  readonly url: URL
  /** The value of an `Authorization` header. */
  readonly authorization: string | undefined
}

/** A request that only reads. */
export interface ReadRequest {
  readonly method: 'GET' | 'HEAD'
  readonly headers: Headers
  readonly signal: AbortSignal
  readonly send?: Send | undefined
}

/** The form of a header's name. */
export const HEADER_NAME: RegExp = /^[\w!#$%&'*+.^`|~-]+$/

const MAX_REDIRECTS = 5
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308]
const PROTOCOLS: readonly string[] = ['http:', 'https:']
const HEADER_VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/

/** Whether HTTP can carry a value. White space at its ends does not count: `fetch` takes it off. */
export function isHeaderValue(value: string): boolean {
  return HEADER_VALUE.test(value.trim())
}

/** Reads the URL of an option. */
export function targetOf<Env>(
  option: string,
  given: Value<Env, string>,
  { text, secret }: CheckContext<Env>,
): Target {
  const found = text(option, given)
  const url = URL.parse(found)
  if (url === null || !PROTOCOLS.includes(url.protocol)) {
    throw new CheckFailure(MISCONFIGURED, `${option}: expected an http(s) URL`)
  }
  const { username, password } = url
  if (username === '' && password === '') return { url, authorization: undefined }
  secret(found)
  const authorization = `Basic ${base64(`${decoded(username)}:${decoded(password)}`)}`
  return { url: withoutCredentials(url), authorization: secret(authorization) }
}

/** Resolves the headers of an option. Those given win over `authorization`. */
export function headersFor<Env>(
  given: Readonly<Record<string, Value<Env, string>>>,
  authorization: string | undefined,
  { text, region }: CheckContext<Env>,
): Headers {
  const headers = new Headers()
  // The dependency's own logs can then tell which region saw it fail.
  if (region !== undefined) headers.set('allclear-region', region)
  if (authorization !== undefined) headers.set('authorization', authorization)
  for (const [name, value] of Object.entries(given)) {
    const found = text(`headers.${name}`, value)
    if (!HEADER_NAME.test(name) || !isHeaderValue(found)) {
      throw new CheckFailure(
        MISCONFIGURED,
        `headers.${name}: expected a name and a value that HTTP can carry`,
      )
    }
    headers.set(name, found.trim())
  }
  return headers
}

/**
 * Sends a request, and again after each redirect. A redirect that leads nowhere is an answer like any other. Cookies that
 * a redirect within the origin sets are sent back.
 */
export async function follow(url: URL, request: ReadRequest, left: number = MAX_REDIRECTS): Promise<Reply> {
  const response = await send(url.href, request)
  const next = redirectOf(response, url)
  if (next === undefined) return response
  discard(response)
  if (left === 0) throw new CheckFailure(`http ${response.status}`, `more than ${MAX_REDIRECTS} redirects`)
  // The headers may be secrets, and are meant for the origin that the user named.
  const headers = next.origin === url.origin ? withCookies(request.headers, response.headers) : new Headers()
  return follow(next, { ...request, headers }, left - 1)
}

function withCookies(sent: Headers, received: Headers): Headers {
  const all = [...(sent.get('cookie')?.split('; ') ?? []), ...received.getSetCookie()]
  const pairs = all.map((one) => one.split(';', 1)[0] ?? '')
  // A newer cookie takes the place of an older one of its name.
  const cookies = new Map(pairs.map((pair) => [pair.split('=', 1)[0], pair]))
  const headers = new Headers(sent)
  if (cookies.size > 0) headers.set('cookie', [...cookies.values()].join('; '))
  return headers
}

function redirectOf({ status, headers }: Reply, from: URL): URL | undefined {
  const location = REDIRECTS.includes(status) ? headers.get('location') : null
  const url = location === null ? null : URL.parse(location, from.href)
  return url !== null && PROTOCOLS.includes(url.protocol) ? withoutCredentials(url) : undefined
}

/** Node's `fetch` refuses a URL with credentials and repeats it in the error; that of Workers drops them. */
function withoutCredentials(url: URL): URL {
  const bare = new URL(url)
  bare.username = ''
  bare.password = ''
  return bare
}
