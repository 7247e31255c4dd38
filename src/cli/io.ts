import type { Clock } from '../drivers/clock.ts'

/** An output of a command: a terminal, a pipe or a file. */
export interface Output extends NodeJS.WritableStream {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
}

/** The surroundings of a command, handed in so that tests can replace them. */
export interface Io {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** For the report alone. */
  readonly stdout: Output
  /** For faults and progress. */
  readonly stderr: Output
  readonly clock: Clock
  readonly fetch: (url: URL, init: RequestInit) => Promise<Response>
  /** Ends after this many milliseconds, or with the signal. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<unknown>
  /** Aborts at Ctrl-C, and when the reader of the output is gone. */
  readonly signal: AbortSignal
}

/** The value of the promise, or `undefined` once the signal aborts. The work behind the promise is not stopped. */
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
