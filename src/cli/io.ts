import type { Clock } from '../probe/clock.ts'

/** Where a command writes: a terminal, a pipe or a file. */
export interface Output extends NodeJS.WritableStream {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
}

/** All that a command has of the outside, handed in so that tests can be it. */
export interface Io {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Takes the answer, and nothing else. */
  readonly stdout: Output
  /** Takes what is wrong, and the progress. */
  readonly stderr: Output
  readonly clock: Clock
  readonly fetch: (url: URL, init: RequestInit) => Promise<Response>
  /** Ends after so many milliseconds, or with the signal. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<unknown>
  /** Aborts when whoever started it has seen enough. */
  readonly signal: AbortSignal
}

/** What the promise gives, or `undefined` once the signal aborts: what does not listen is left behind. */
export async function orAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T | undefined> {
  const aborted = Promise.withResolvers<undefined>()
  const onAbort = (): void => aborted.resolve(undefined)
  signal.addEventListener('abort', onAbort)
  if (signal.aborted) onAbort()
  try {
    return await Promise.race([aborted.promise, promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
