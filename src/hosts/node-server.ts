import { once } from 'node:events'
import { type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'

export interface NodeServerOptions {
  /** 0 is any free port. */
  readonly port: number
  /** Default all addresses of this machine. */
  readonly hostname?: string | undefined
}

/** A server that can shut down without losing a request. */
export interface NodeServer {
  readonly url: string
  /** Ends the connection of every further answer, so that clients open their next connection elsewhere. */
  readonly leave: () => void
  /** Leaves, stops listening, and waits until every request in flight is answered. */
  readonly close: () => Promise<void>
}

/** Turns of the event loop that a request needs to come in: one to accept, one to read, one to spare. */
const ARRIVAL_TURNS = 3

/** Starts listening. It throws an error that names the port if it cannot. */
export async function startNodeServer(
  fetch: (request: Request) => Response | Promise<Response>,
  { port, hostname }: NodeServerOptions,
): Promise<NodeServer> {
  const inFlight = new Set<ServerResponse>()
  const allAnswered = Promise.withResolvers<void>()
  let isLeaving = false
  let isClosing = false

  const answer = getRequestListener(fetch, { errorHandler: badRequest })
  const server = createServer((request, response) => {
    inFlight.add(response)
    response.once('close', () => {
      inFlight.delete(response)
      if (isClosing && inFlight.size === 0) allAnswered.resolve()
    })
    if (isLeaving) endConnection(response)
    void answer(request, response)
  })
  await listening(server, { port, hostname })

  function leave(): void {
    isLeaving = true
    for (const response of inFlight) endConnection(response)
  }

  async function close(): Promise<void> {
    leave()
    // A request that has reached the machine is in flight, even if this process has not read it yet.
    for (let turn = 0; turn < ARRIVAL_TURNS; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    isClosing = true
    if (inFlight.size === 0) allAnswered.resolve()
    const closed = once(server, 'close')
    // This ends idle connections as well.
    server.close()
    await allAnswered.promise
    // The remaining connections have sent half a request or nothing.
    server.closeAllConnections()
    await closed
  }

  return { url: urlOf(server, hostname), leave, close }
}

function endConnection(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close')
}

/** The answer to a request that cannot be read, such as one with a malformed host. */
function badRequest(): Response {
  return Response.json({ error: 'bad request' }, { status: 400 })
}

async function listening(server: Server, { port, hostname }: NodeServerOptions): Promise<void> {
  try {
    server.listen(port, hostname)
    await once(server, 'listening')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const where = hostname === undefined ? `port ${port}` : `port ${port} of ${hostname}`
    throw new Error(code === 'EADDRINUSE' ? `${where} is taken` : `cannot listen on ${where}: ${message}`, {
      cause: error,
    })
  }
}

function urlOf(server: Server, hostname = 'localhost'): string {
  const { port } = server.address() as AddressInfo
  const isAll = ['0.0.0.0', '::', ''].includes(hostname)
  const host = isAll ? 'localhost' : hostname.includes(':') ? `[${hostname}]` : hostname
  return `http://${host}:${port}`
}
