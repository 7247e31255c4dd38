import type { IncomingMessage } from 'node:http'

/** Takes the place of a host that no URL can hold. No path depends on the host. */
export const DEFAULT_HOST = 'localhost'

/**
 * Leaves of a request what makes a URL. Clients may send an absolute URL where the path belongs, and any text as the
 * host: an IPv6 address with a zone, the name of a pod with a space.
 */
export function tidyTarget(request: IncomingMessage): void {
  const { url = '/', headers } = request
  if (!url.startsWith('/')) {
    const path = url.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '')
    request.url = path.startsWith('/') ? path : `/${path}`
  }
  // An object without it stands for a request of HTTP/1.0, which needs none.
  if (headers.host !== undefined && !isInUrls(headers.host)) delete headers.host
}

/** Nearly all requests have the host of the one before. */
let known: string | undefined

function isInUrls(host: string): boolean {
  if (host === known) return true
  const written = `http://${host}/`
  if (!URL.canParse(written) || new URL(written).host !== host.toLowerCase().replace(/:80$/, '')) return false
  known = host
  return true
}
