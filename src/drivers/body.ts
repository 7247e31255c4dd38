import { CheckFailure, type Reply } from '../core/check.ts'
import { connectionFailed } from './failure.ts'

/** The bounds of reading a body. */
export interface ReadLimits {
  /** The most bytes, counted after unpacking, whatever `Content-Length` says. */
  readonly maxBytes: number
  readonly signal: AbortSignal
}

/** The longest line that is read, in characters. */
const MAX_LINE = 65536

/**
 * Reads a body in the charset that its header declares, or in that of its byte-order mark. One that is too long is
 * cancelled and fails with `unexpected body`.
 */
export async function readText(reply: Reply, limits: ReadLimits): Promise<string> {
  let whole = ''
  for await (const text of readChunks(reply, limits)) whole += text
  return whole
}

/**
 * Reads a body as lines, a batch for each chunk. The text after the last line feed is left out: a broken transfer may
 * have cut it.
 */
export async function* readLines(reply: Reply, limits: ReadLimits): AsyncGenerator<readonly string[]> {
  let rest = ''
  for await (const text of readChunks(reply, limits)) {
    const end = text.lastIndexOf('\n')
    if (end === -1) {
      rest += text
      if (rest.length > MAX_LINE) throw tooLong(`a line of ${MAX_LINE} characters`)
    } else {
      yield (rest + text.slice(0, end)).split('\n')
      rest = text.slice(end + 1)
    }
  }
}

async function* readChunks(reply: Reply, limits: ReadLimits): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined
  let bytes = new Uint8Array()
  for await (const chunk of readBytes(reply, limits)) {
    bytes = decoder === undefined ? Uint8Array.from([...bytes, ...chunk]) : chunk
    // A byte-order mark has up to three bytes.
    if (bytes.length < 3 && decoder === undefined) continue
    decoder ??= decoderFor(reply, bytes)
    yield decoder.decode(bytes, { stream: true })
  }
  yield decoder === undefined ? decoderFor(reply, bytes).decode(bytes) : decoder.decode()
}

/** Reads the bytes of a body. It rejects with the signal's reason or with a CheckFailure. */
export async function* readBytes(
  { body }: Reply,
  { maxBytes, signal }: ReadLimits,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  if (body === null) return
  let bytes = 0
  try {
    // Leaving this loop early, by a throw or because the reader stopped, cancels the body.
    for await (const chunk of body) {
      bytes += chunk.byteLength
      if (bytes > maxBytes) throw tooLong(`${maxBytes} bytes`)
      yield chunk as Uint8Array<ArrayBuffer>
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : connectionFailed(error)
  }
}

function tooLong(most: string): CheckFailure {
  return new CheckFailure('unexpected body', `body: longer than ${most}`)
}

function decoderFor({ headers }: Reply, [first, second, third]: Uint8Array): TextDecoder {
  const declared = /charset\s*=\s*["']?([^\s"';,]+)/i.exec(headers.get('content-type') ?? '')
  let label = declared?.[1]
  if (first === 0xff && second === 0xfe) label = 'utf-16le'
  if (first === 0xfe && second === 0xff) label = 'utf-16be'
  if (first === 0xef && second === 0xbb && third === 0xbf) label = 'utf-8'
  try {
    return new TextDecoder(label)
  } catch {
    return new TextDecoder()
  }
}
