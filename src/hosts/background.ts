export interface BackgroundOptions {
  readonly intervalMs: number
  /** From 0 up to 1, for the jitter. */
  readonly random: () => number
  /** Told of what was thrown; the next time comes all the same. */
  readonly onError: (error: unknown) => void
}

/** Work that goes on without anybody asking. */
export interface Background {
  /** Lets no more begin, and comes back when what is under way has ended. */
  readonly stop: () => Promise<void>
}

/** Each comes up to a tenth early by chance, so that many processes do not beat together. */
const JITTER = 0.1

/** Works at once, and then every so often, for as long as the process has other reasons to live. */
export function background(
  work: () => Promise<unknown>,
  { intervalMs, random, onError }: BackgroundOptions,
): Background {
  let timer: ReturnType<typeof setTimeout> | undefined
  let underWay: Promise<unknown> = Promise.resolve()

  function begin(): void {
    // First of all, so that whatever fails below, the next one comes.
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
