import { CheckFailure, MISCONFIGURED } from '../core/check.ts'

/**
 * The failure of a request that got no whole answer. The error is not its `cause`: only its innermost words are kept.
 * A request that the platform refuses to send proves no outage.
 */
export function connectionFailed(error: unknown): CheckFailure {
  if (error instanceof CheckFailure) return error
  const words = reason(error)
  return words === 'bad port'
    ? new CheckFailure(MISCONFIGURED, 'the platform blocks the port of the URL')
    : new CheckFailure('connection failed', words)
}

/** `fetch failed` says nothing; the error behind it does. */
function reason(error: unknown, depth = 5): string {
  if (!(error instanceof Error)) return 'the request failed'
  if (error.cause instanceof Error && depth > 0) return reason(error.cause, depth - 1)
  const { code } = error as { readonly code?: unknown }
  return error.message || (typeof code === 'string' ? code : 'the request failed')
}
