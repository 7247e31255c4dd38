export interface BackgroundOptions {
  readonly intervalMs: number
  /** From 0 up to 1, for the jitter. */
  readonly random: () => number
  /** Takes the error of work that failed. The next run comes all the same. */
  readonly onError: (error: unknown) => void
}

/** Work that repeats in the background. */
export interface Background {
  /** Starts no further run, and waits for the one under way. */
  readonly stop: () => Promise<void>
}

/** Each run comes early by a random part of up to a tenth, so that many processes do not run at the same moment. */
const JITTER = 0.1

/** Runs the work at once and then at every interval. It does not keep the process alive. */
export function background(
  work: () => Promise<unknown>,
  { intervalMs, random, onError }: BackgroundOptions,
): Background {
  let timer: ReturnType<typeof setTimeout> | undefined
  let underWay: Promise<unknown> = Promise.resolve()

  function begin(): void {
    // The next run is set first: whatever fails below, the work goes on.
    timer = setTimeout(begin, intervalMs * (1 - JITTER * random()))
    ;(timer as unknown as NodeJS.Timeout).unref()
    underWay = work().catch(onError)
  }

  begin()
  return {
    stop: async () => {
      clearTimeout(timer)
      await underWay
    },
  }
}
