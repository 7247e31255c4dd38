import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { RequestError, getRequestListener } from '@hono/node-server'
import { DEFAULT_HOST, tidyTarget } from './node-target.ts'

/** Answers requests of a `node:http` server, and knows which of its answers are still under way. */
export interface NodeListener {
  readonly listener: (request: IncomingMessage, response: ServerResponse) => void
  /** Ends the connection of every further answer, so that clients open their next connection elsewhere. */
  readonly leave: () => void
  /** Comes when no answer is under way. */
  readonly answered: () => Promise<void>
  /** Whether the answer to a request on a connection is being sent. */
  readonly isSending: (socket: Duplex) => boolean
}

export interface NodeListenerOptions {
  /**
   * Whether the process may get other classes `Request` and `Response`, which make answers faster. Default `false`: an
   * application's globals are its own.
   */
  readonly overrideGlobalObjects?: boolean
}

export function nodeListener(
  fetch: (request: Request) => Response | Promise<Response>,
  { overrideGlobalObjects = false }: NodeListenerOptions = {},
): NodeListener {
  const inFlight = new Set<ServerResponse>()
  const waiting: (() => void)[] = []
  let isLeaving = false
  const answer = getRequestListener(
    (request) => {
      const response = fetch(request)
      return response instanceof Promise ? response.then(sendable) : response
    },
    { hostname: DEFAULT_HOST, errorHandler: errorResponse, overrideGlobalObjects },
  )

  return {
    listener: (request, response) => {
      inFlight.add(response)
      response.once('close', () => {
        inFlight.delete(response)
        if (inFlight.size === 0) for (const resolve of waiting.splice(0)) resolve()
      })
      if (isLeaving) endConnection(response)
      tidyTarget(request)
      if (request.method !== 'GET') restoreBody(request)
      answer(request, response).catch(() => fail(response))
    },
    leave: () => {
      isLeaving = true
      for (const response of inFlight) endConnection(response)
    },
    answered: () =>
      inFlight.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve)),
    isSending: (socket) =>
      [...inFlight].some((response) => response.socket === socket && response.headersSent),
  }
}

function endConnection(response: ServerResponse): void {
  // HTTP/2 knows no such header.
  if (!response.headersSent && response.req.httpVersionMajor < 2) response.setHeader('Connection', 'close')
}

/** Gives back a body that the application has read already, as body parsers do. */
function restoreBody(request: IncomingMessage): void {
  const { body, rawBody } = request as { readonly body?: unknown; readonly rawBody?: unknown }
  if (!request.readableDidRead || rawBody instanceof Buffer) return
  const bytes = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body ?? '')
  Object.assign(request, { rawBody: Buffer.from(bytes) })
}

const INTERNAL_ERROR = { error: 'internal error' }

/** A backslash in its path, for one, makes a request that cannot be read. Anything else was thrown by a plugin. */
function errorResponse(error: unknown): Response {
  return error instanceof RequestError
    ? Response.json({ error: 'bad request' }, { status: 400 })
    : Response.json(INTERNAL_ERROR, { status: 500 })
}

/** Throws where Node would refuse to send the response: the adapter tells clients why. */
function sendable(response: Response): Response {
  const { status, headers } = response
  if (!(status >= 200 && status <= 599)) throw new RangeError(`no status: ${status}`)
  void headers // The classes of the adapter judge headers when they are read first.
  return response
}

/** A response that came at once is judged by Node, as it is sent. */
function fail(response: ServerResponse): void {
  if (response.headersSent) {
    response.destroy()
  } else {
    const body = JSON.stringify(INTERNAL_ERROR)
    // The length of the refused body may be set already.
    response.writeHead(500, { 'Content-Type': 'application/json', 'Content-Length': body.length }).end(body)
  }
}
