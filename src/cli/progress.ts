import type { Output } from './io.ts'
import { clean, cut } from './text.ts'

/** One line on a terminal that is written over and over, and leaves nothing. A pipe gets none of it. */
export interface Progress {
  readonly say: (text: string) => void
  readonly clear: () => void
}

const ERASE = '\r\u001b[K'

export function progress(stderr: Output): Progress {
  if (stderr.isTTY !== true) return { say: () => {}, clear: () => {} }
  return {
    // The last column stays free: some terminals begin a new line when it is filled.
    say: (text) => void stderr.write(ERASE + cut(clean(text), (stderr.columns ?? 80) - 1)),
    clear: () => void stderr.write(ERASE),
  }
}
