import { CheckFailure } from '../core/check.ts'
import { connectionFailed } from './failure.ts'

/** The bounds of reading a body. */
export interface ReadLimits {
  /** The most bytes, counted after unpacking, whatever `Content-Length` says. */
  readonly maxBytes: number
  readonly signal: AbortSignal
}

/** Reads a body as UTF-8. One that is too long is cancelled and fails with `unexpected body`. */
export async function readText(response: Response, limits: ReadLimits): Promise<string> {
  let whole = ''
  for await (const text of readChunks(response, limits)) whole += text
  return whole
}

/**
 * Reads a body as lines, a batch for each chunk. The text after the last line feed is left out: a broken transfer may
 * have cut it.
 */
export async function* readLines(response: Response, limits: ReadLimits): AsyncGenerator<readonly string[]> {
  let rest = ''
  for await (const text of readChunks(response, limits)) {
    const end = text.lastIndexOf('\n')
    if (end === -1) {
      rest += text
    } else {
      yield (rest + text.slice(0, end)).split('\n')
      rest = text.slice(end + 1)
    }
  }
}

async function* readChunks(response: Response, { maxBytes, signal }: ReadLimits): AsyncGenerator<string> {
  if (response.body === null) return
  const decoder = new TextDecoder()
  let bytes = 0
  try {
    // Leaving this loop early, by a throw or because the reader stopped, cancels the body.
    for await (const chunk of response.body) {
      bytes += chunk.byteLength
      if (bytes > maxBytes) throw new CheckFailure('unexpected body', `body: longer than ${maxBytes} bytes`)
      yield decoder.decode(chunk, { stream: true })
    }
  } catch (error) {
    throw error instanceof CheckFailure || signal.aborted ? error : connectionFailed(error)
  }
  yield decoder.decode()
}
