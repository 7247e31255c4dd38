import type { JsonReport } from '../formats/json.ts'
import { redactor } from '../probe/redact.ts'
import { errorIn, reportIn } from './answer.ts'
import type { Io } from './io.ts'

/** What an endpoint answered, and whether it refused the token; or why that is no answer. */
export type Asked = { readonly report: JsonReport; readonly isRefused: boolean } | { readonly error: string }

export interface AskOptions {
  readonly token: string | undefined
  readonly timeoutMs: number
  readonly fetch: Io['fetch']
  readonly signal: AbortSignal
}

/** A report of eight regions with two hundred checks each is a fourth of it. */
const MAX_BYTES = 4 * 1024 * 1024

/** Asks once. It never throws. */
export async function ask(url: URL, { token, timeoutMs, fetch, signal }: AskOptions): Promise<Asked> {
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
      // Where a token goes is for the user to say.
      redirect: 'manual',
      signal: abort.signal,
    })
    return answerOf(response, await textOf(response), url)
  } catch (error) {
    if (isLate) return { error: `no answer within ${timeoutMs / 1000} s` }
    return { error: redactor({ token })(reason(error)) }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
    abort.abort() // Frees the connection, whatever of the body was not read.
  }
}

function answerOf({ status, headers }: Response, text: string | undefined, url: URL): Asked {
  const location = headers.get('Location')
  if (location !== null) return { error: `http ${status}, a redirect to ${location}; poll that` }
  if (text === undefined) return { error: `http ${status}, and more than any report has` }
  const body = parsed(text)
  const report = reportIn(body, url)
  if (report !== undefined && (status === 200 || status === 503)) {
    return { report, isRefused: headers.has('WWW-Authenticate') }
  }
  const known = errorIn(body)
  if (known !== undefined) return { error: `http ${status}: ${known}` }
  return { error: `http ${status}, and ${body === undefined ? 'no JSON' : 'no report of Allclear'}` }
}

/** The body, unless it is too long. */
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

/** fetch says only that it failed; its cause says why, and of several addresses each has its own. */
function reason(error: unknown): string {
  const { message, cause } = error as Error
  if (!(cause instanceof Error)) return String(message)
  return cause.message || String((cause as NodeJS.ErrnoException).code ?? message)
}
