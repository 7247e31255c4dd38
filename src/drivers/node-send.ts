import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { type Readable, pipeline } from 'node:stream'
import { URL as NodeUrl } from 'node:url'
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { CheckFailure, type Outgoing, type Reply, type Send } from '../core/check.ts'
import { type NameSystem, lookupFor, systemNames } from './node-lookup.ts'

/** The longest head of an answer, in bytes. Node's own limit is 16 kB, which its `fetch` cannot raise. */
const MAX_HEAD_BYTES = 256 * 1024

const GZIP = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH }
const BROTLI = {
  flush: constants.BROTLI_OPERATION_FLUSH,
  finishFlush: constants.BROTLI_OPERATION_FLUSH,
}

/**
 * Sends by `node:http` and `node:https`, each request by a connection of its own. Node's `fetch` keeps connections,
 * blocks some ports, and fails on an unasked `100 Continue` and on a long head.
 */
export const nodeSend: Send = nodeSender(systemNames)

/**
 * Loads the modules that send. They cost as much to load as all the rest of the library, which a cold start need not
 * wait for, and which no probe is to be charged for.
 */
export async function loadNodeSend(): Promise<void> {
  await Promise.all([import('node:http'), import('node:https')])
}

/** The same with another way to look names up, for tests. */
export function nodeSender(names: NameSystem): Send {
  return async (url, { method, headers, body, signal }: Outgoing): Promise<Reply> => {
    const [http, https] = await Promise.all([import('node:http'), import('node:https')])
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const target: NodeUrl = new NodeUrl(url)
      const isSecure = target.protocol === 'https:'
      const hostname = target.hostname.replace(/^\[|\]$/g, '')
      const request = (isSecure ? https : http).request(target, {
        method,
        headers: headersOf(headers, body),
        // Only an agent of its own, which is thrown away, keeps no connection.
        agent: new (isSecure ? https : http).Agent({ keepAlive: false, ...proxies() }),
        maxHeaderSize: MAX_HEAD_BYTES,
        lookup: lookupFor(signal, names),
        // Node would take the name in a `Host` header of the user's for the one to be certified.
        ...(isSecure ? { servername: isIP(hostname) === 0 ? hostname : '' } : {}),
      })
      let source: Readable | undefined
      const onAbort = (): void => {
        const reason = signal.reason as Error
        source?.destroy(reason)
        request.destroy(reason)
        reject(reason)
      }
      signal.addEventListener('abort', onAbort)
      request.once('close', () => signal.removeEventListener('abort', onAbort))
      request.on('error', reject)
      request.once('upgrade', (response, socket) => {
        socket.destroy()
        resolve({ status: response.statusCode ?? 101, headers: headersIn(response), body: null })
      })
      request.once('response', (response) => {
        const headers = headersIn(response)
        source = method === 'HEAD' ? response : unpacked(response, headers.get('content-encoding'))
        source.on('error', () => {})
        resolve({ status: response.statusCode ?? 0, headers, body: streamOf(source) })
      })
      // Node would write the head in the encoding of a text that follows it.
      request.end(body === undefined ? body : Buffer.from(body as string))
    })
  }
}

/** Workers send a header in UTF-8, Node in latin1. */
function headersOf(headers: Headers, body: Outgoing['body']): Record<string, string> {
  const own = typeof body === 'string' ? { 'content-type': 'text/plain;charset=UTF-8' } : {}
  const given = [...headers].map(
    ([name, value]) => [name, Buffer.from(value, 'utf8').toString('latin1')] as const,
  )
  return { ...own, ...Object.fromEntries(given) }
}

/** The proxies of the environment, where the process was told to use them. */
function proxies(): { readonly proxyEnv?: NodeJS.ProcessEnv } {
  const { NODE_USE_ENV_PROXY: isOn } = process.env
  return isOn === '1' || process.execArgv.includes('--use-env-proxy') ? { proxyEnv: process.env } : {}
}

function headersIn({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers()
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2)
    try {
      headers.append(name, name.toLowerCase() === 'location' ? encoded(value) : value)
    } catch {
      // A value that `Headers` refuses is as good as none.
    }
  }
  return headers
}

/** Node reads headers as latin1. A URL in raw UTF-8 keeps its bytes as percent-encoded ones. */
function encoded(location: string): string {
  return location.replaceAll(
    /[\u0080-\u00ff]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** The body without its compression. The codings are unpacked one after the other, the last one first. */
function unpacked(response: IncomingMessage, codings: string | null): Readable {
  let source: Readable = response
  const names = codings?.split(',').map((name) => name.trim().toLowerCase()) ?? []
  // More than a few layers are an attack.
  for (const name of names.length > 5 ? [] : names.toReversed()) {
    const unpacker =
      name === 'gzip' || name === 'x-gzip'
        ? createGunzip(GZIP)
        : name === 'deflate'
          ? createInflate(GZIP)
          : name === 'br'
            ? createBrotliDecompress(BROTLI)
            : undefined
    if (unpacker === undefined) return source
    source = pipeline(source, unpacker, () => {}) as unknown as Readable
  }
  return source
}

function streamOf(source: Readable): ReadableStream<Uint8Array> {
  const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { done, value } = await chunks.next().catch((error: unknown) => {
          throw isFromUnpacking(error)
            ? new CheckFailure('unexpected body', 'body: broken compression')
            : error
        })
        if (done === true) controller.close()
        else controller.enqueue(value)
      },
      cancel: () => void source.destroy(),
    },
    { highWaterMark: 0 },
  )
}

function isFromUnpacking(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown }
  return typeof code === 'string' && /^(?:Z_|ERR__?(?:ERROR|BROTLI|PADDING|ZLIB))/.test(code)
}
