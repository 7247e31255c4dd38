/** Upper bounds of the buckets, in seconds; the last bucket, `+Inf`, is implied. */
export const BUCKETS_SECONDS: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** A histogram of durations as plain JSON: how many fell in each bucket (not cumulated), and their sum. */
export interface Histogram {
  readonly counts: readonly number[]
  readonly sumSeconds: number
}

export const EMPTY_HISTOGRAM: Histogram = {
  counts: Array.from({ length: BUCKETS_SECONDS.length + 1 }, () => 0),
  sumSeconds: 0,
}

/** The histogram with one more duration in it. */
export function observe(histogram: Histogram, seconds: number): Histogram {
  const found = BUCKETS_SECONDS.findIndex((bound) => seconds <= bound)
  const bucket = found === -1 ? BUCKETS_SECONDS.length : found
  return {
    counts: histogram.counts.map((count, index) => (index === bucket ? count + 1 : count)),
    sumSeconds: histogram.sumSeconds + seconds,
  }
}
