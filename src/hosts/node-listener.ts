import type { IncomingMessage, ServerResponse } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { DEFAULT_HOST, tidyTarget } from './node-target.ts'

/** Answers requests of a `node:http` server, and knows which of its answers are still under way. */
export interface NodeListener {
  readonly listener: (request: IncomingMessage, response: ServerResponse) => void
  /** Ends the connection of every further answer, so that clients open their next connection elsewhere. */
  readonly leave: () => void
  /** Comes when no answer is under way. */
  readonly answered: () => Promise<void>
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
  const answer = getRequestListener(fetch, {
    hostname: DEFAULT_HOST,
    errorHandler: badRequest,
    overrideGlobalObjects,
  })

  return {
    listener: (request, response) => {
      inFlight.add(response)
      response.once('close', () => {
        inFlight.delete(response)
        if (inFlight.size === 0) for (const resolve of waiting.splice(0)) resolve()
      })
      if (isLeaving) endConnection(response)
      tidyTarget(request)
      restoreBody(request)
      void answer(request, response)
    },
    leave: () => {
      isLeaving = true
      for (const response of inFlight) endConnection(response)
    },
    answered: () =>
      inFlight.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve)),
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

/** The answer to a request that cannot be read, such as one with a backslash in its path. */
function badRequest(): Response {
  return Response.json({ error: 'bad request' }, { status: 400 })
}
