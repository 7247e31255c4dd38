import type { Clock } from '../drivers/clock.ts'

/** Reserved at the end of a poll, in milliseconds, to deliver the results of its round. */
export const DELIVERY_MS = 250
/** The longest that a call to a store may take, in milliseconds. */
const STORE_MS = 3000

/** How one poll divides its time, in milliseconds. */
export interface PollTime {
  /** Until its deadline. */
  readonly leftMs: () => number
  /** At the end, to deliver the results of a round. */
  readonly deliveryMs: number
  /** For one call to a store. */
  readonly storeMs: number
}

export function pollTime(waitMs: number, { elapsed }: Clock): PollTime {
  // A poll with no time left is still answered: with the last snapshot.
  const deadlineMs = Math.max(0, waitMs)
  const deadline = elapsed() + deadlineMs
  return {
    leftMs: () => deadline - elapsed(),
    deliveryMs: Math.min(DELIVERY_MS, deadlineMs / 10),
    storeMs: Math.min(STORE_MS, deadlineMs / 2),
  }
}

/** The promise, or an error when it takes longer than this. */
export async function withTimeout<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${Math.round(ms)} ms`)), ms)
  })
  try {
    return await Promise.race([promise, timeout])
  } finally {
    clearTimeout(timer)
  }
}
