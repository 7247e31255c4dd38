import { once } from 'node:events'
import { createConnection } from 'node:net'

/** A connection that stays open. It carries one request at a time. */
export interface Connection {
  /**
   * Gives the body of the answer to a GET.
   *
   * @throws for any status but 200.
   */
  readonly get: (path: string) => Promise<string>
  readonly close: () => void
}

/** Enough connections that the Worker never waits for the client. */
const LOAD_CONNECTIONS = 32
const HEAD_END = '\r\n\r\n'
const LAST_CHUNK = '\r\n0\r\n\r\n'

/**
 * Opens a connection. The client implements only the HTTP that it needs: it shares a few cores with the server that it
 * measures, and its own cost would flatten every ratio.
 */
export async function connect(origin: string): Promise<Connection> {
  const { hostname, port, host } = new URL(origin)
  const socket = createConnection({ host: hostname, port: Number(port), noDelay: true })
  let asked: PromiseWithResolvers<string> | undefined
  let received = ''
  // With one character per byte the lengths are right. Only ASCII is looked at.
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => {
    received += chunk
    try {
      const body = bodyIn(received)
      if (body === undefined) return
      received = ''
      asked?.resolve(body)
    } catch (error) {
      socket.destroy(error as Error)
    }
  })
  await once(socket, 'connect')
  socket.on('error', (error) => asked?.reject(error))
  socket.on('close', () => asked?.reject(new Error(`${host} closed the connection`)))
  return {
    get: async (path) => {
      if (socket.destroyed) throw new Error(`${host} has closed the connection`)
      asked = Promise.withResolvers()
      socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
      return asked.promise
    },
    close: () => socket.destroy(),
  }
}

/** Sends one GET over a connection of its own. */
export async function get(origin: string, path: string): Promise<string> {
  const { get, close } = await connect(origin)
  try {
    return await get(path)
  } finally {
    close()
  }
}

/** Loads a path over many connections and counts requests per second. */
export async function load(origin: string, path: string, forMs: number): Promise<number> {
  // Each load opens new connections, because workerd closes those that were idle for five seconds.
  const connections = await Promise.all(Array.from({ length: LOAD_CONNECTIONS }, () => connect(origin)))
  await Promise.all(connections.map(({ get }) => get(path)))
  const started = performance.now()
  let answers = 0
  await Promise.all(
    connections.map(async ({ get }) => {
      for (; performance.now() - started < forMs; answers += 1) await get(path)
    }),
  )
  const perSecond = answers / ((performance.now() - started) / 1000)
  for (const { close } of connections) close()
  return perSecond
}

/** The body, once it is complete. */
function bodyIn(received: string): string | undefined {
  const headEnd = received.indexOf(HEAD_END)
  if (headEnd === -1) return undefined
  const head = received.slice(0, headEnd)
  if (!head.startsWith('HTTP/1.1 200 ')) throw new Error(`expected status 200, received: ${received}`)
  const body = received.slice(headEnd + HEAD_END.length)
  if (/^transfer-encoding: *chunked/im.test(head)) return chunkIn(body)
  const length = /^content-length: *(\d+)/im.exec(head)?.[1]
  if (length === undefined) throw new Error(`expected a Content-Length, received: ${head}`)
  return body.length < Number(length) ? undefined : body
}

/** The only chunk of a short answer, once it is complete. */
function chunkIn(body: string): string | undefined {
  if (!body.endsWith(LAST_CHUNK)) return undefined
  const sizeEnd = body.indexOf('\r\n')
  const text = body.slice(sizeEnd + 2, -LAST_CHUNK.length)
  if (parseInt(body, 16) !== text.length) throw new Error(`expected one chunk, received: ${body}`)
  return text
}
