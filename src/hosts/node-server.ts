import { once } from 'node:events'
import { type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'

export interface NodeServerOptions {
  /** 0 is any that is free. */
  readonly port: number
  /** Default all addresses of this machine. */
  readonly hostname?: string | undefined
}

/** A server that can leave without losing a request. */
export interface NodeServer {
  readonly url: string
  /** From now on every answer ends its connection, so that whoever keeps some opens the next elsewhere. */
  readonly leave: () => void
  /** Leaves, stops listening, and comes back when every request in flight is answered. */
  readonly close: () => Promise<void>
}

/** The turns of the event loop in which a request comes in: it is accepted, and read. One more does no harm. */
const TURNS = 3

/** Listens. It throws, saying where, if it cannot. */
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
    // What has reached this machine is in flight, even if the process has not looked at it yet.
    for (let turn = 0; turn < TURNS; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    isClosing = true
    if (inFlight.size === 0) allAnswered.resolve()
    const closed = once(server, 'close')
    // Connections that are idle end with it.
    server.close()
    await allAnswered.promise
    // What is left has asked nothing: half a request, or none at all.
    server.closeAllConnections()
    await closed
  }

  return { url: urlOf(server, hostname), leave, close }
}

function endConnection(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close')
}

/** What is no request to the server, such as one with a host that is none. */
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
