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
  const bytes = new Uint8Array(await (await readBlob(reply, limits)).arrayBuffer())
  return decoderFor(reply, bytes).decode(bytes)
}

/** Reads a body as it is, with the same bounds. */
export async function readBlob(reply: Reply, limits: ReadLimits): Promise<Blob> {
  const chunks: Uint8Array<ArrayBuffer>[] = []
  for await (const chunk of readBytes(reply, limits)) chunks.push(chunk)
  return new Blob(chunks)
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
    bytes = decoder ? chunk : Uint8Array.from([...bytes, ...chunk])
    // Two bytes tell a byte-order mark.
    if (bytes.length < 2 && decoder === undefined) continue
    decoder ??= decoderFor(reply, bytes)
    yield decoder.decode(bytes, { stream: true })
  }
  yield decoder ? decoder.decode() : decoderFor(reply, bytes).decode(bytes)
}

/** The bytes of a body. It rejects with the signal's reason or with a CheckFailure. */
async function* readBytes(
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

/** The encodings by the first two bytes of their byte-order marks. */
const MARKS: Readonly<Record<string, string>> = { fffe: 'utf-16le', feff: 'utf-16be', efbb: 'utf-8' }

function decoderFor({ headers }: Reply, bytes: Uint8Array): TextDecoder {
  const mark = [...bytes.subarray(0, 2)].map((byte) => byte.toString(16)).join('')
  const [, declared] = /charset\s*=\s*["']?([^\s"';,]+)/i.exec(headers.get('content-type') ?? '') ?? []
  try {
    return new TextDecoder(MARKS[mark] ?? declared)
  } catch {
    return new TextDecoder()
  }
}
