/** The longest that the request may take, in milliseconds. */
const TIMEOUT_MS = 1000

/**
 * The airport code of the data centre that this code runs in. The platform tells it at `/cdn-cgi/trace` of every host
 * that it serves, so the deployment asks a host of its own, once in the life of a cell. It is `null` where the platform
 * does not tell.
 */
export async function observeColo(host: string | undefined): Promise<string | null> {
  if (host === undefined) return null
  try {
    const response = await fetch(`https://${host}/cdn-cgi/trace`, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    return /^colo=([A-Z]{3})$/m.exec(await response.text())?.[1] ?? null
  } catch {
    return null // A round does not depend on it.
  }
}

/** The host of a request, if the platform itself serves that host. A laptop's host is never one. */
export function ownHost(request: Request): string | undefined {
  const { protocol, hostname } = new URL(request.url)
  const isServed = protocol === 'https:' && hostname.includes('.') && !/^[\d.]+$/.test(hostname)
  return isServed && 'cf' in request && request.cf !== undefined ? hostname : undefined
}
