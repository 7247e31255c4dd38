/** The URL of a report, or the fault of the given one. */
export type Endpoint = { readonly url: URL } | { readonly error: string }

/** The paths with an answer that can be shown, below any mount point. */
const READABLE = /\/(?:healthz|livez|startupz|readyz(?:\/[^/]+)?)$/

/** Parses a URL. The URL of a service means its `/readyz`. */
export function endpointOf(given: string): Endpoint {
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    return { error: `expected a URL such as https://example.com/readyz, received ${JSON.stringify(given)}` }
  }
  // fetch would refuse it with an error that quotes the password.
  if (url.username !== '' || url.password !== '') {
    return { error: 'the URL holds credentials; give a token through the environment, by --token-env NAME' }
  }
  url.hash = ''
  url.pathname = url.pathname.replace(/\/+$/, '')
  if (!READABLE.test(url.pathname)) url.pathname = url.pathname.replace(/\/?$/, '/readyz')
  return { url }
}

/** The check that a path names: `redis` in `/readyz/redis`. */
export function checkIn({ pathname }: URL): string | undefined {
  return /\/readyz\/([^/]+)$/.exec(pathname)?.[1]
}

/** Whether the answer at a path is a bare status. */
export function isBare({ pathname }: URL): boolean {
  return /\/(?:healthz|livez|startupz)$/.test(pathname)
}
