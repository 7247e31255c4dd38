import { CheckFailure } from '../core/check.ts'

/** The failure of a request that got no whole answer. The error is not its `cause`: only its innermost words are kept. */
export function connectionFailed(error: unknown): CheckFailure {
  return new CheckFailure('connection failed', reason(error))
}

/** `fetch failed` says nothing; the error behind it does. */
function reason(error: unknown, depth = 5): string {
  if (!(error instanceof Error)) return 'the request failed'
  if (error.cause instanceof Error && depth > 0) return reason(error.cause, depth - 1)
  const { code } = error as { readonly code?: unknown }
  return error.message || (typeof code === 'string' ? code : 'the request failed')
}
