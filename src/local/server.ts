import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createFaults } from './faults.ts'
import type { Faults, Received } from './faults.ts'

/** Writes the answer to one request. */
export type Answer = (request: Received, response: ServerResponse) => void | Promise<void>

/** The options of every local dependency. */
export interface LocalOptions {
  /** Default 0: any free port. */
  readonly port?: number | undefined
  /** The delay of the mode `slow` in milliseconds. Default 1500. */
  readonly slowMs?: number | undefined
}

/** An HTTP server on 127.0.0.1, behind a fault switch. */
export interface LocalServer {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string
  readonly port: number
  readonly faults: Faults
  /** Destroys the sockets that are open and stops listening. */
  readonly close: () => Promise<void>
}

/**
 * Starts a server behind a fault switch.
 *
 * @param answer The right answer.
 * @param options `wrong` is the answer in the mode `wrong`. Default 502 with a page of HTML.
 */
export async function startServer(
  answer: Answer,
  { port = 0, slowMs, wrong = badGateway }: LocalOptions & { readonly wrong?: Answer | undefined } = {},
): Promise<LocalServer> {
  const faults = createFaults({ slowMs })

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const received = await receive(request)
    const verdict = await faults.admit(received, gone.signal)
    if (gone.signal.aborted) return
    if (verdict === 'drop') request.socket.destroy()
    else await (verdict === 'wrong' ? wrong : answer)(received, response)
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => fail(response, error))
  })
  // A client that reuses a socket just as the server closes it sees a failure that no fault caused.
  server.keepAliveTimeout = 0
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')

  const taken = (server.address() as AddressInfo).port
  return {
    origin: `http://127.0.0.1:${taken}`,
    port: taken,
    faults,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

async function receive(request: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return {
    method: request.method ?? 'GET',
    path: request.url ?? '/',
    headers: request.headers,
    body: Buffer.concat(chunks).toString(),
  }
}

function badGateway(_: Received, response: ServerResponse): void {
  response
    .writeHead(502, { 'content-type': 'text/html' })
    .end('<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n')
}

function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) response.destroy()
  else sendJson(response, 500, { error: String(error) })
}
