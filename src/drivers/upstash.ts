import { Redis, type UpstashRequest } from '@upstash/redis/cloudflare'
import { CheckFailure, MISCONFIGURED, type Send } from '../core/check.ts'
import { isRecord } from '../core/schema.ts'
import { exchange } from './fetch.ts'

/** A database of Upstash, or anything else that speaks its REST protocol. */
export interface UpstashTarget {
  /** The REST URL, as in `UPSTASH_REDIS_REST_URL`. White space at its ends does not count. */
  readonly url: string
  /** The token, as in `UPSTASH_REDIS_REST_TOKEN`. White space at its ends does not count. */
  readonly token: string
  /** Ends every command that is under way. */
  readonly signal: AbortSignal
  /** Default the platform's `fetch`. */
  readonly send?: Send | undefined
}

/** The commands that are used here. The client answers single commands only, no pipelines. */
export type UpstashClient = Pick<Redis, 'eval' | 'get' | 'ping'>

/** How messages describe a URL that `isRestUrl` accepts. */
export const REST_URL = 'the REST URL of the database, http(s) and without credentials'

/** The driver accepts no other beginning of a URL. */
const URL_START = /^https?:\/\/[^\s#$./?]\S+$/

export function isRestUrl(text: string): boolean {
  const url = URL_START.test(text) ? URL.parse(text) : null
  return url !== null && url.username === '' && url.password === ''
}

export function isRestToken(text: string): boolean {
  return /^[\u0021-\u007e]+$/.test(text)
}

/**
 * Makes a client that sends each command once, in one request of its own. Its commands reject with the signal's reason
 * or with a CheckFailure:
 *
 * - `connection failed`
 * - `http 307`, for a redirect
 * - `unexpected body`, for an answer that is not of the protocol
 * - `error`, for an error of Redis. The message is Redis's, and may repeat the token and the command.
 *
 * It throws a `misconfigured` failure for a URL or a token that cannot be used.
 */
export function upstashClient({ url: givenUrl, token: givenToken, ...target }: UpstashTarget): UpstashClient {
  const url = givenUrl.trim()
  const token = givenToken.trim()
  if (!isRestUrl(url)) throw new CheckFailure(MISCONFIGURED, `url: expected ${REST_URL}`)
  if (!isRestToken(token)) throw new CheckFailure(MISCONFIGURED, 'token: expected a token')
  return new Client({ url: url.replace(/\/$/, ''), token, ...target })
}

/** The driver's commands over our `fetch`: the driver has no option for it, but keeps its sender in `client`. */
class Client extends Redis {
  constructor(target: UpstashTarget) {
    super({
      url: target.url,
      token: target.token,
      // An answer of "PONG" in quotes is not PONG.
      automaticDeserialization: false,
      // Pipelining would send even a single command to /pipeline.
      enableAutoPipelining: false,
      enableTelemetry: false,
    })
    this.client = { request: ({ body }) => request(target, body) }
  }
}

async function request<T>(
  { url, token, signal, send }: UpstashTarget,
  command: UpstashRequest['body'],
): Promise<{ readonly result: T }> {
  const { status, text } = await exchange(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(command),
    signal,
    send,
  })
  const isOk = status >= 200 && status < 300
  const { result, error } = parsed(text)
  const words = typeof error === 'string' ? error : JSON.stringify(error)
  // The driver's own sender words it like this.
  if (!isOk) throw new CheckFailure('error', `${words}, command was: ${JSON.stringify(command)}`)
  if (error) throw new CheckFailure('error', words)
  if (result === undefined) throw foreign()
  return { result: result as T }
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const answer: unknown = JSON.parse(text)
    if (isRecord(answer)) return answer
  } catch {
    // The parser's words quote the answer.
  }
  throw foreign()
}

function foreign(): CheckFailure {
  return new CheckFailure('unexpected body', 'the answer is not of the REST protocol')
}
