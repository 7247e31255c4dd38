/** A report that can be polled, or what is wrong with where it is said to be. */
export type Endpoint = { readonly url: URL } | { readonly error: string }

/** The paths whose answers can be read, below whatever path they are mounted at. */
const READABLE = /\/(?:healthz|livez|startupz|readyz(?:\/[^/]+)?)$/

/** Reads a URL: one of a service is taken for its `/readyz`. */
export function endpointOf(given: string): Endpoint {
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    return { error: `expected a URL such as https://example.com/readyz, received ${JSON.stringify(given)}` }
  }
  // fetch refuses it with a text that holds the password.
  if (url.username !== '' || url.password !== '') {
    return { error: 'the URL holds credentials; give a token through the environment, by --token-env NAME' }
  }
  url.hash = ''
  url.pathname = url.pathname.replace(/\/+$/, '')
  if (!READABLE.test(url.pathname)) url.pathname = url.pathname.replace(/\/?$/, '/readyz')
  return { url }
}

/** The check that a path is about: `redis` of `/readyz/redis`. */
export function checkIn({ pathname }: URL): string | undefined {
  return /\/readyz\/([^/]+)$/.exec(pathname)?.[1]
}

/** Whether a path answers with a status and nothing more. */
export function isBare({ pathname }: URL): boolean {
  return /\/(?:healthz|livez|startupz)$/.test(pathname)
}
