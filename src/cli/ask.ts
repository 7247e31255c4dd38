import type { JsonReport } from '../formats/json.ts'
import { secretsIn } from '../probe/secrets.ts'
import { type Clean, errorIn, reportIn } from './answer.ts'
import type { Io } from './io.ts'
import { clean as cleanText } from './text.ts'

/** An answer with a report, or the reason that there is none. */
export type Answered = Answer | { readonly error: string }

export interface Answer {
  readonly report: JsonReport
  /** The code of HTTP: 200 or 503. */
  readonly code: number
  /** Whether the endpoint refused the token. */
  readonly isRefused: boolean
}

export interface AskOptions {
  readonly token: string | undefined
  readonly timeoutMs: number
  readonly fetch: Io['fetch']
  readonly signal: AbortSignal
}

/** Four times the report of eight regions with two hundred checks each. */
const MAX_BYTES = 4 * 1024 * 1024

/** Requests the report once. It never throws. */
export async function ask(url: URL, { token, timeoutMs, fetch, signal }: AskOptions): Promise<Answered> {
  const clean = cleanerFor(token)
  const abort = new AbortController()
  const onAbort = (): void => abort.abort()
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    abort.abort()
  }, timeoutMs)
  signal.addEventListener('abort', onAbort)
  try {
    const response = await fetch(url, {
      headers: { Accept: 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) },
      // A redirect must not take the token to another host.
      redirect: 'manual',
      signal: abort.signal,
    })
    return answerOf(response, await textOf(response), { url, clean })
  } catch (error) {
    if (isLate) return { error: `no answer within ${timeoutMs / 1000} s` }
    return { error: clean(reason(error)) }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
    abort.abort() // An unread body would keep the connection.
  }
}

interface Asked {
  readonly url: URL
  readonly clean: Clean
}

function answerOf({ status, headers }: Response, text: string | undefined, { url, clean }: Asked): Answered {
  const location = headers.get('Location')
  if (location !== null) return { error: `http ${status}, a redirect to ${clean(location)}; poll that` }
  if (text === undefined) return { error: `http ${status}, and more than any report has` }
  const body = parsed(text)
  const report = reportIn(body, url, clean)
  if (report !== undefined && (status === 200 || status === 503)) {
    // Allclear never answers like this: a proxy has set the code, or has served the body from a cache.
    if (status === 503 && report.status === 'healthy')
      return { error: 'http 503, though the body says healthy' }
    return { report, code: status, isRefused: headers.has('WWW-Authenticate') }
  }
  const known = errorIn(body)
  if (known !== undefined) return { error: `http ${status}: ${clean(known)}` }
  return { error: `http ${status}, and ${body === undefined ? 'no JSON' : 'no report of Allclear'}` }
}

/** Makes a text safe for a terminal, and takes the token out: an endpoint may echo it. */
function cleanerFor(token: string | undefined): Clean {
  if (token === undefined) return cleanText
  const secrets = secretsIn({})
  secrets.enrol(token)
  // The first pass keeps text beyond what is shown, so that no cut leaves half of a token for the second.
  return (text) => secrets.clean(cleanText(text.replaceAll(token, '[redacted]'), 1000))
}

/** The body, or nothing where it is too long. */
async function textOf({ body }: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength
    if (bytes > MAX_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The error of fetch says only that it failed. Its cause says why; with several addresses it has a code but no text. */
function reason(error: unknown): string {
  const { message, cause } = error as Error
  if (!(cause instanceof Error)) return String(message)
  return cause.message || String((cause as NodeJS.ErrnoException).code ?? message)
}
