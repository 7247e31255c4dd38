import { CheckFailure } from '../core/check.ts'
import { readText } from './body.ts'
import { connectionFailed } from './failure.ts'

/** One request. */
export interface Outgoing {
  readonly method: 'GET' | 'HEAD' | 'POST'
  readonly headers: HeadersInit
  readonly body?: string
  readonly signal: AbortSignal
}

/** An answer that was read to its end. */
export interface Answer {
  readonly status: number
  readonly text: string
}

/** The longest answer that a driver reads, in bytes. */
const MAX_ANSWER_BYTES = 1024 * 1024

/**
 * Sends one request, once. It follows no redirect: a redirect is an answer like any other. It rejects with the signal's
 * reason, or with a `connection failed`.
 */
export async function send(url: string, { headers, ...request }: Outgoing): Promise<Response> {
  const all = new Headers({ 'user-agent': 'allclear', accept: '*/*' })
  new Headers(headers).forEach((value, name) => all.set(name, value))
  // No cache answers a POST, and Workers of before November 2024 refuse the option.
  const cache = request.method === 'POST' ? {} : ({ cache: 'no-store' } as const)
  try {
    return await fetch(url, { ...request, ...cache, headers: all, redirect: 'manual' })
  } catch (error) {
    throw request.signal.aborted ? error : connectionFailed(error)
  }
}

/**
 * Sends the request of a driver and reads the whole answer. A redirect fails with its status, as it would take the
 * secrets of the request to a host that nobody configured; an answer of more than 1 MB fails with `unexpected body`.
 */
export async function exchange(url: string, request: Outgoing): Promise<Answer> {
  const response = await send(url, request)
  const { status } = response
  if (status >= 300 && status < 400) throw wrongStatus(response)
  return { status, text: await readText(response, { maxBytes: MAX_ANSWER_BYTES, signal: request.signal }) }
}

/** The failure of an answer whose status is wrong. It cancels the body. */
export function wrongStatus(response: Response): CheckFailure {
  discard(response)
  const { status } = response
  return new CheckFailure(`http ${status}`, `answered with status ${status}`)
}

/** Cancels an unread body, which would keep its connection. */
export function discard(response: Response): void {
  response.body?.cancel().catch(() => {})
}
