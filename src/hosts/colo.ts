/** How long the question may take, in milliseconds. */
const ASK_MS = 1000

/**
 * The airport code of the data centre that this runs in. The platform tells it at `/cdn-cgi/trace` of every host that
 * it serves, so the deployment's own host is asked, once in the life of a cell. Where it does not tell, there is none.
 */
export async function observeColo(host: string | undefined): Promise<string | null> {
  if (host === undefined) return null
  try {
    const response = await fetch(`https://${host}/cdn-cgi/trace`, { signal: AbortSignal.timeout(ASK_MS) })
    return /^colo=([A-Z]{3})$/m.exec(await response.text())?.[1] ?? null
  } catch {
    return null // It is told or it is not: a round does not depend on it.
  }
}

/** The host to ask, if a request came to one that the platform itself serves: never a laptop's. */
export function ownHost(request: Request): string | undefined {
  const { protocol, hostname } = new URL(request.url)
  const isServed = protocol === 'https:' && hostname.includes('.') && !/^[\d.]+$/.test(hostname)
  return isServed && 'cf' in request && request.cf !== undefined ? hostname : undefined
}
