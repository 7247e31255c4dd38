import { CheckFailure, type Reply, type Send } from '../core/check.ts'
import { readBlob, readText } from './body.ts'
import { connectionFailed } from './failure.ts'

/** One request. */
export interface Outgoing {
  readonly method: string
  readonly headers: HeadersInit
  readonly body?: string | Uint8Array
  readonly signal: AbortSignal
  /** Default the platform's `fetch`. */
  readonly send?: Send | undefined
}

/** An answer that was read to its end. */
export interface Answer {
  readonly status: number
  readonly text: string
}

/** The longest answer that a driver reads, in bytes. */
const MAX_ANSWER_BYTES = 1024 * 1024

/**
 * Workers with a compatibility date before 2024-11-11 refuse the option, and have no such property. It is asked late:
 * on Node the class alone takes as long to load as all the rest of the library.
 */
const uncached = (): { readonly cache?: 'no-store' } =>
  'cache' in Request.prototype ? { cache: 'no-store' } : {}

/**
 * Sends one request. It follows no redirect: a redirect is an answer like any other. It rejects with the signal's
 * reason, or with a CheckFailure: `connection failed`, or `misconfigured` for what the platform itself refuses.
 */
export async function send(
  url: string,
  { headers, send: sender = byFetch, ...request }: Outgoing,
): Promise<Reply> {
  const all = new Headers({ 'user-agent': 'allclear', accept: '*/*', 'cache-control': 'no-cache' })
  new Headers(headers).forEach((value, name) => all.set(name, value))
  try {
    return await sender(url, { ...request, headers: all })
  } catch (error) {
    throw request.signal.aborted ? request.signal.reason : connectionFailed(error)
  }
}

const byFetchOnce: Send = (url, request) =>
  fetch(url, { ...request, ...(request.method === 'POST' ? {} : uncached()), redirect: 'manual' })

/**
 * The platform's `fetch` may use a connection that was kept from an earlier probe and has been closed since, which proves
 * nothing. So a request that got no answer is sent once more.
 */
const byFetch: Send = (url, request) =>
  byFetchOnce(url, request).catch((error: unknown) => {
    if (request.signal.aborted) throw error
    return byFetchOnce(url, request)
  })

/**
 * Sends the request of a driver and reads the whole answer. A redirect fails with its status, as it would take the
 * secrets of the request to a host that nobody configured; an answer of more than 1 MB fails with `unexpected body`.
 */
export async function exchange(url: string, request: Outgoing): Promise<Answer> {
  const reply = await send(url, request)
  const { status } = reply
  if (status >= 300 && status < 400) throw wrongStatus(reply)
  return { status, text: await readText(reply, { maxBytes: MAX_ANSWER_BYTES, signal: request.signal }) }
}

/** The `fetch` that a custom check is handed: bounded like a driver's request, but a redirect is an answer. */
export async function boundedFetch(
  input: string | URL | Request,
  { signal: own, ...init }: RequestInit = {},
  { signal, send: sender }: Pick<Outgoing, 'signal' | 'send'>,
): Promise<Response> {
  const either = own ? AbortSignal.any([signal, own]) : signal
  const request = new Request(input as string, init)
  const { url, method, headers } = request
  const reply = await send(url, {
    method,
    headers,
    ...(request.body === null ? {} : { body: new Uint8Array(await request.arrayBuffer()) }),
    signal: either,
    // A request that changes something must not be sent twice.
    send: sender ?? (method === 'GET' || method === 'HEAD' ? byFetch : byFetchOnce),
  })
  const body = await readBlob(reply, { maxBytes: MAX_ANSWER_BYTES, signal: either })
  // A body, even an empty one, is not allowed under every status.
  return new Response(body.size === 0 ? null : body, reply)
}

/** The failure of an answer whose status is wrong. It cancels the body. */
export function wrongStatus(reply: Reply): CheckFailure {
  discard(reply)
  const { status } = reply
  return new CheckFailure(`http ${status}`, `answered with status ${status}`)
}

/** Cancels an unread body, which would keep its connection. */
export function discard(reply: Reply): void {
  reply.body?.cancel().catch(() => {})
}
