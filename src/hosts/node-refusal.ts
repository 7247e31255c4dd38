import type { Duplex } from 'node:stream'

/** The codes of Node's errors about requests that are not answered, and what their clients are told. */
const REFUSALS: Readonly<Record<string, readonly [status: string, error: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'the request was too slow'],
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'the headers are too long'],
}

/**
 * Ends a connection whose request Node could not read, and says why in JSON, as every error is.
 *
 * @param isSending whether an answer is being sent on the connection, into which nothing else may be written.
 */
export function refuse(error: NodeJS.ErrnoException, socket: Duplex, isSending: boolean): void {
  if (socket.writable && !isSending) {
    const [status, reason] = REFUSALS[error.code ?? ''] ?? ['400 Bad Request', 'bad request']
    const body = JSON.stringify({ error: reason })
    const headers = ['Content-Type: application/json', `Content-Length: ${body.length}`, 'Connection: close']
    socket.write([`HTTP/1.1 ${status}`, ...headers, '', body].join('\r\n'))
  }
  socket.destroy()
}
