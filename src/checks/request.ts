import { type CheckContext, CheckFailure, type Value, valueOf } from '../core/check.ts'
import { base64, decoded } from '../core/encoding.ts'
import { connectionFailed } from './failure.ts'

/** Where a request goes: a URL without credentials, and what became of those that it had. */
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
}

/** What the name of a header looks like. */
export const HEADER_NAME: RegExp = /^[\w!#$%&'*+.^`|~-]+$/

const MAX_REDIRECTS = 5
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308]
const PROTOCOLS: readonly string[] = ['http:', 'https:']
const HEADER_VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/

/** Judged with the white space at its ends off, as `fetch` takes that off too. Workers would let through the rest. */
export function isHeaderValue(value: string): boolean {
  return HEADER_VALUE.test(value.trim())
}

/** Reads the URL that an option came to. */
export function targetOf(option: string, text: string): Target {
  const url = URL.parse(text)
  if (url === null || !PROTOCOLS.includes(url.protocol)) {
    throw new CheckFailure('misconfigured', `${option}: expected an http(s) URL`)
  }
  const { username, password } = url
  const authorization =
    username === '' && password === ''
      ? undefined
      : `Basic ${base64(`${decoded(username)}:${decoded(password)}`)}`
  return { url: withoutCredentials(url), authorization }
}

/** Resolves the headers, and adds those that every request of ours has. */
export function headersFor<Env>(
  given: Readonly<Record<string, Value<Env, string>>>,
  authorization: string | undefined,
  { env, region }: Pick<CheckContext<Env>, 'env' | 'region'>,
): Headers {
  const headers = commonHeaders()
  // So that the dependency's own logs can tell which place saw it fail.
  if (region !== undefined) headers.set('allclear-region', region)
  if (authorization !== undefined) headers.set('authorization', authorization)
  for (const [name, value] of Object.entries(given)) {
    const text = valueOf(`headers.${name}`, value, env)
    if (!HEADER_NAME.test(name) || !isHeaderValue(text)) {
      throw new CheckFailure(
        'misconfigured',
        `headers.${name}: expected a name and a value that HTTP can carry`,
      )
    }
    headers.set(name, text.trim())
  }
  return headers
}

/** Sends it once. A redirect is an answer like any other. */
export async function send(url: URL, request: ReadRequest): Promise<Response> {
  try {
    // What a cache says of a dependency proves nothing.
    return await fetch(url.href, { ...request, redirect: 'manual', cache: 'no-store' })
  } catch (error) {
    throw request.signal.aborted ? error : connectionFailed(error)
  }
}

/** Sends it, and after each redirect again. A redirect that leads nowhere is an answer like any other. */
export async function follow(
  url: URL,
  request: ReadRequest,
  left: number = MAX_REDIRECTS,
): Promise<Response> {
  const response = await send(url, request)
  const next = redirectOf(response, url)
  if (next === undefined) return response
  discard(response)
  if (left === 0) throw new CheckFailure(`http ${response.status}`, `more than ${MAX_REDIRECTS} redirects`)
  // The headers may be secrets, and are meant for the origin that the user named.
  const headers = next.origin === url.origin ? request.headers : commonHeaders()
  return follow(next, { ...request, headers }, left - 1)
}

/** Gives an unread body up: it would keep its connection. */
export function discard(response: Response): void {
  response.body?.cancel().catch(() => {})
}

function redirectOf({ status, headers }: Response, from: URL): URL | undefined {
  const location = REDIRECTS.includes(status) ? headers.get('location') : null
  const url = location === null ? null : URL.parse(location, from.href)
  return url !== null && PROTOCOLS.includes(url.protocol) ? withoutCredentials(url) : undefined
}

function commonHeaders(): Headers {
  return new Headers({ 'user-agent': 'allclear' })
}

/** Node's `fetch` refuses a URL with credentials, repeating it in the error; that of Workers drops them unsaid. */
function withoutCredentials(url: URL): URL {
  const bare = new URL(url)
  bare.username = ''
  bare.password = ''
  return bare
}
