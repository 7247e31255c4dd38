import { CheckFailure } from '../core/check.ts'

/** Shorter ones are in every text: to take them out would only garble it. */
const MIN_SECRET_LENGTH = 3

/**
 * The failure of a request that got no whole answer. The error itself is not kept as `cause`: its text is the
 * platform's, which may name the URL.
 */
export function connectionFailed(error: unknown, secrets: readonly string[] = []): CheckFailure {
  return new CheckFailure('connection failed', without(secrets, reason(error)))
}

/** The text with every one of the secrets taken out. */
export function without(secrets: readonly string[], text: string): string {
  // The longest first: a password must not be cut out of the URL that is to go as a whole.
  const known = secrets
    .filter(({ length }) => length >= MIN_SECRET_LENGTH)
    .sort((a, b) => b.length - a.length)
  return known.reduce((clean, secret) => clean.replaceAll(secret, '[redacted]'), text)
}

/**
 * Whether a driver fell over an answer that is not of its protocol, rather than over the network. A network's own
 * errors are no bare TypeErrors anywhere: Node's carry a `cause`, and those of Workers are plain Errors.
 */
export function isMalformedAnswer(error: unknown): boolean {
  return error instanceof SyntaxError || (error instanceof TypeError && error.cause === undefined)
}

/** What lies behind `fetch failed`. */
function reason(error: unknown, depth = 5): string {
  if (!(error instanceof Error)) return 'the request failed'
  if (error.cause instanceof Error && depth > 0) return reason(error.cause, depth - 1)
  const { code } = error as { readonly code?: unknown }
  return error.message || (typeof code === 'string' ? code : 'the request failed')
}
