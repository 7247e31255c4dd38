import { readText } from '../drivers/body.ts'

/** The longest that the request may take, in milliseconds. */
const TIMEOUT_MS = 1000

/** The longest answer that is read, in bytes. A trace has a few hundred. */
const MAX_BYTES = 4096

/** A name with a top-level domain: no address, and no name of this machine. */
const PUBLIC_NAME = /^(?:[a-z\d-]+\.)+[a-z][a-z\d-]+$/

/**
 * The airport code of the data centre that this code runs in. The platform tells it at `/cdn-cgi/trace` of every host
 * that it serves, so the deployment asks a host of its own, once in the life of a cell. It is `null` where the platform
 * does not tell.
 */
export async function observeColo(host: string | undefined): Promise<string | null> {
  if (host === undefined || !PUBLIC_NAME.test(host)) return null
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  try {
    const response = await fetch(`https://${host}/cdn-cgi/trace`, { redirect: 'manual', signal })
    const text = await readText(response, { maxBytes: MAX_BYTES, signal })
    return (response.ok && /^colo=([A-Z]{3})$/m.exec(text)?.[1]) || null
  } catch {
    return null // A round does not depend on it.
  }
}

/**
 * The host of a request, if the platform itself serves that host: then it has set the `cf` of the request. A laptop's
 * host is never one.
 */
export function ownHost(request: Request): string | undefined {
  const { protocol, hostname } = new URL(request.url)
  const { cf } = request as { readonly cf?: { readonly colo?: unknown } | null }
  const isServed = protocol === 'https:' && typeof cf?.colo === 'string' && PUBLIC_NAME.test(hostname)
  return isServed ? hostname : undefined
}
