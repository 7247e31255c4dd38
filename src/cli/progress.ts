import type { Output } from './io.ts'
import { clean, cut } from './text.ts'

/** A status line on a terminal: each text replaces the last. A pipe gets nothing. */
export interface Progress {
  readonly say: (text: string) => void
  readonly clear: () => void
}

const ERASE = '\r\u001b[K'

/** Starts a status line on standard error. */
export function progress(stderr: Output): Progress {
  if (stderr.isTTY !== true) return { say: () => {}, clear: () => {} }
  return {
    // The last column stays free, because some terminals start a new line once it is filled.
    say: (text) => void stderr.write(ERASE + cut(clean(text), (stderr.columns ?? 80) - 1)),
    clear: () => void stderr.write(ERASE),
  }
}
