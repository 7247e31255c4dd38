/** The time of this process, handed in so that tests can turn it. */
export interface Clock {
  /** Wall clock, in milliseconds since the epoch. */
  readonly now: () => number
  /** Milliseconds since some moment of its own; it never steps, so durations are measured by it. */
  readonly elapsed: () => number
}

export const systemClock: Clock = { now: () => Date.now(), elapsed: () => performance.now() }
