import { CheckFailure } from '../core/check.ts'

/** A thrown thing and the few causes behind it in one line; one that cannot be read says only that. */
export function describe(error: unknown, depth = 3): string {
  try {
    if (!(error instanceof Error)) return typeof error === 'string' ? error : `threw ${typeof error}`
    const { cause } = error
    const own = error instanceof CheckFailure ? error.message : `${error.name}: ${error.message}`
    return cause === undefined || depth === 0 ? own : `${own} (${describe(cause, depth - 1)})`
  } catch {
    return 'threw an error that cannot be read'
  }
}
