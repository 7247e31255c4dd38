import type { Clock } from '../probe/clock.ts'

/** A round, or the wait for one, ends this much before the deadline, in milliseconds, so that its result comes home. */
export const HOMEWARD_MS = 250
/** The longest that the store may take to answer, in milliseconds. */
const REACH_MS = 3000

/** The time that one poll has, in milliseconds. */
export interface PollTime {
  /** Until its deadline. */
  readonly leftMs: () => number
  /** For the way home. */
  readonly homewardMs: number
  /** For a store to answer in. */
  readonly reachMs: number
}

export function pollTime(waitMs: number, { elapsed }: Clock): PollTime {
  // An invocation that is all but over still gets an answer: what is known.
  const deadlineMs = Math.max(0, waitMs)
  const deadline = elapsed() + deadlineMs
  return {
    leftMs: () => deadline - elapsed(),
    homewardMs: Math.min(HOMEWARD_MS, deadlineMs / 10),
    reachMs: Math.min(REACH_MS, deadlineMs / 2),
  }
}

/** The promise, or an error when it takes longer. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${Math.round(ms)} ms`)), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
