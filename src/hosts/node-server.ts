import { once } from 'node:events'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { NodeListener } from './node-listener.ts'
import { refuse } from './node-refusal.ts'

export interface NodeServerOptions {
  /** 0 is any free port. */
  readonly port: number
  /** Default all addresses of this machine. */
  readonly hostname?: string | undefined
  /** Default `LIMITS`. */
  readonly limits?: typeof LIMITS
}

/**
 * A client that takes longer to send its headers or its whole request, in milliseconds, is cut off. Node's own limits
 * are one minute and five.
 */
const LIMITS = { headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 1000 }

/** A server that can shut down without losing a request. */
export interface NodeServer {
  readonly url: string
  /** Leaves, stops listening, and waits until every request in flight is answered. */
  readonly close: () => Promise<void>
}

/** Turns of the event loop that a request needs to come in: one to accept, one to read, one to spare. */
const ARRIVAL_TURNS = 3

/** Starts listening. It throws an error that names the port if it cannot. */
export async function startNodeServer(
  { listener, leave, answered, isSending }: NodeListener,
  { port, hostname, limits = LIMITS }: NodeServerOptions,
): Promise<NodeServer> {
  // The checks of a load balancer often send no Host.
  const server = createServer({ ...limits, requireHostHeader: false }, listener)
  server.on('clientError', (error, socket) => refuse(error, socket, isSending(socket)))
  await listening(server, { port, hostname })

  async function close(): Promise<void> {
    leave()
    // A request that has reached the machine is in flight, even if this process has not read it yet.
    for (let turn = 0; turn < ARRIVAL_TURNS; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    const closed = once(server, 'close')
    // This ends idle connections as well.
    server.close()
    await answered()
    // The remaining connections have sent half a request or nothing.
    server.closeAllConnections()
    await closed
  }

  return { url: urlOf(server, hostname), close }
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
