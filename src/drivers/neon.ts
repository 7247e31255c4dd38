import { NeonDbError, neon, neonConfig } from '@neondatabase/serverless'
import { CheckFailure, MISCONFIGURED, type Send } from '../core/check.ts'
import { exchange } from './fetch.ts'

/** The rows of an answer, each by the names of its columns. */
export type Rows = readonly Readonly<Record<string, unknown>>[]

/** The driver's `fetch`, as far as the driver uses it. */
type DriverFetch = (
  endpoint: string,
  init: { readonly method: 'POST'; readonly headers: Record<string, string>; readonly body: string },
) => Promise<Response>

/** Under this key a query of ours carries its own `fetch`, which the driver hands to the one of its module. */
const OWN_FETCH = Symbol.for('allclear.fetch')

/** A connection string, and where its queries go. */
export interface NeonTarget {
  /** A connection string that `connectionUrl` accepts: the driver's words for another would repeat it. */
  readonly url: string
  /** The URL that queries are posted to, in place of the host of the connection string. */
  readonly endpoint?: string | undefined
  /** Further headers, such as the credentials of the endpoint. */
  readonly headers?: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  /** Default the platform's `fetch`. */
  readonly send?: Send | undefined
}

/** Hosts as URLs spell them; the dot at the end of an absolute name does not count. */
const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])\.?$/
/** The driver puts `api` in place of the first part, so there must be one. */
const NEON = /^[^.]+(?:\.[^.]+)*\.neon\.(?:tech|build)\.?$/

/** A connection string as the driver reads it, or `undefined` for one that it would refuse. */
export function connectionUrl(text: string): URL | undefined {
  const protocol = URL.parse(text)?.protocol
  if (protocol !== 'postgres:' && protocol !== 'postgresql:') return undefined
  // The driver parses the rest as http, which is stricter about the host.
  const url = URL.parse(`http:${text.slice(protocol.length)}`)
  const isWhole = url !== null && url.username !== '' && url.hostname !== '-' && url.pathname !== '/'
  return isWhole ? url : undefined
}

/** Whether the queries of a connection string have a place to go to, which is the host that it names. */
export function hasEndpoint(text: string): boolean {
  const hostname = connectionUrl(text)?.hostname ?? ''
  return isConfigured() || LOOPBACK.test(hostname) || NEON.test(hostname)
}

/**
 * Runs one query in one request, over Neon's HTTP protocol. It rejects with the signal's reason or with a CheckFailure:
 *
 * - `misconfigured`, for a host that is not Neon's: the driver would send the password to a host that nobody named
 * - `connection failed`
 * - `http 502`, for a status that is not of the protocol
 * - `unexpected body`, for a body that is not
 * - `error`, for an error of Postgres. The message is Postgres's, and may repeat the connection string.
 */
export async function queryNeon(
  { url, endpoint = loopbackEndpoint(url), headers: further, signal, send }: NeonTarget,
  query: string,
): Promise<Rows> {
  if (endpoint === undefined && !hasEndpoint(url)) {
    throw new CheckFailure(MISCONFIGURED, `url: expected ${OWN_HOST}, or the option endpoint`)
  }
  const ownFetch: DriverFetch = async (given, { method, headers, body }) => {
    const { status, text } = await exchange(endpoint ?? given, {
      method,
      headers: { ...headers, ...further },
      body,
      signal,
      send,
    })
    // A body, even an empty one, is not allowed under every status.
    return new Response(text || null, { status })
  }
  divertOwnCalls()
  try {
    // The driver's promise is lazy and sends again each time that it is awaited.
    return await neon(url, { fetchOptions: { [OWN_FETCH]: ownFetch } }).query(query)
  } catch (error) {
    throw signal.aborted ? signal.reason : failure(error)
  }
}

/** How messages describe a host that needs no endpoint. */
export const OWN_HOST = 'a host of Neon (*.neon.tech, *.neon.build) or of this machine'

/** The driver would ask `https://api.…/sql` for a loopback host too. An endpoint that a user configured stays. */
function loopbackEndpoint(text: string): string | undefined {
  const hostname = connectionUrl(text)?.hostname ?? ''
  if (isConfigured() || !LOOPBACK.test(hostname)) return undefined
  // Read from the text: parsed as http, port 80 would be none.
  return `http://${hostname}:${URL.parse(text)?.port || 5432}/sql`
}

/** Whether the user has told the driver where all queries go. */
function isConfigured(): boolean {
  return neonConfig.fetchEndpoint !== neonConfig.defaults.fetchEndpoint
}

/**
 * Makes the driver send our queries by the `fetch` that they carry. The setting is global to the driver's module, so
 * all other queries go where they went before: to the `fetch` that a user configured, or to the platform's.
 */
function divertOwnCalls(): void {
  const before: (DriverFetch & { readonly [OWN_FETCH]?: true }) | undefined = neonConfig.fetchFunction
  if (before?.[OWN_FETCH]) return
  const divert = (endpoint: string, init: Parameters<DriverFetch>[1] & { [OWN_FETCH]?: DriverFetch }) =>
    (init[OWN_FETCH] ?? before ?? fetch)(endpoint, init)
  neonConfig.fetchFunction = Object.assign(divert, { [OWN_FETCH]: true })
}

function failure(error: unknown): unknown {
  // The driver's parser fails in many ways over an answer in another form.
  if (!(error instanceof NeonDbError)) {
    return new CheckFailure('unexpected body', "the answer is not of Neon's protocol")
  }
  if (error.sourceError !== undefined) return error.sourceError
  const status = /^Server error \(HTTP status (\d{3})\)/.exec(error.message)?.[1]
  const words = [error.code, error.message].filter(Boolean).join(' ')
  return new CheckFailure(status === undefined ? 'error' : `http ${status}`, words)
}
