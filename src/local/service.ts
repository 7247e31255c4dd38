import type { ServerResponse } from 'node:http'
import type { Received } from './faults.ts'
import { sendJson, startServer } from './server.ts'
import type { Answer, LocalOptions, LocalServer } from './server.ts'

/** A small HTTP service with a health endpoint. */
export interface LocalService extends LocalServer {
  /** `http://127.0.0.1:PORT/healthz` */
  readonly url: string
  /** Sets the answer for every path. Default the health endpoint. */
  readonly respond: (answer?: Answer) => void
}

export async function startService(options: LocalOptions = {}): Promise<LocalService> {
  let answer: Answer = healthy
  const server = await startServer((request, response) => answer(request, response), options)
  return {
    ...server,
    url: `${server.origin}/healthz`,
    respond: (next = healthy) => {
      answer = next
    },
  }
}

function healthy({ method, path }: Received, response: ServerResponse): void {
  if (path.split('?', 1)[0] !== '/healthz') return sendJson(response, 404, { error: 'not found' })
  if (method !== 'GET' && method !== 'HEAD') {
    return sendJson(response, 405, { error: 'method not allowed' }, { allow: 'GET, HEAD' })
  }
  sendJson(response, 200, { status: 'ok', queue: { lag: 3 }, items: [{ state: 'ready' }] })
}
