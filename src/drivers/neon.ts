import { NeonDbError, neon, neonConfig } from '@neondatabase/serverless'
import { CheckFailure } from '../core/check.ts'
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

const LOOPBACK: readonly string[] = ['localhost', '127.0.0.1', '[::1]']

/** A connection string as the driver reads it, or `undefined` for one that it would refuse. */
export function connectionUrl(text: string): URL | undefined {
  const protocol = URL.parse(text)?.protocol
  if (protocol !== 'postgres:' && protocol !== 'postgresql:') return undefined
  // The driver parses the rest as http, which is stricter about the host.
  const url = URL.parse(`http:${text.slice(protocol.length)}`)
  const isWhole = url !== null && url.username !== '' && url.hostname !== '-' && url.pathname !== '/'
  return isWhole ? url : undefined
}

/**
 * Runs one query in one request, over Neon's HTTP protocol. It rejects with the signal's reason or with a CheckFailure:
 *
 * - `connection failed`
 * - `http 502`, for a status that is not of the protocol
 * - `unexpected body`, for a body that is not
 * - `error`, for an error of Postgres. The message is Postgres's, and may repeat the connection string.
 *
 * @param url a connection string that `connectionUrl` accepts: the driver's words for another would repeat it.
 */
export async function queryNeon(url: string, query: string, signal: AbortSignal): Promise<Rows> {
  const ownFetch: DriverFetch = async (endpoint, { method, headers, body }) => {
    const { status, text } = await exchange(endpointOf(url) ?? endpoint, { method, headers, body, signal })
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

/** The driver would ask `https://api.…/sql` for a loopback host too. An endpoint that a user configured stays. */
function endpointOf(text: string): string | undefined {
  const hostname = connectionUrl(text)?.hostname ?? ''
  const isConfigured = neonConfig.fetchEndpoint !== neonConfig.defaults.fetchEndpoint
  if (isConfigured || !LOOPBACK.includes(hostname)) return undefined
  // Read from the text: parsed as http, port 80 would be none.
  return `http://${hostname}:${URL.parse(text)?.port || 5432}/sql`
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
