import { expect, test } from 'vitest'
import { BUCKETS_SECONDS, EMPTY_HISTOGRAM, observe } from '../../src/core/histogram.ts'

test.each([
  [0, 0],
  [0.005, 0],
  [0.0051, 1],
  [0.01, 1],
  [1, 7],
  [1.0001, 8],
  [10, 10],
  [10.001, 11],
  [3600, 11],
])('%d s falls into bucket %d: a bound is in its own bucket', (seconds, bucket) => {
  const { counts, sumSeconds } = observe(EMPTY_HISTOGRAM, seconds)
  expect(counts).toEqual(EMPTY_HISTOGRAM.counts.map((_, index) => (index === bucket ? 1 : 0)))
  expect(sumSeconds).toBe(seconds)
})

test('durations add up, and the histogram before stays what it was', () => {
  const once = observe(EMPTY_HISTOGRAM, 0.25)
  const twice = observe(once, 0.2)
  expect(twice.counts[BUCKETS_SECONDS.indexOf(0.25)]).toBe(2)
  expect(twice.sumSeconds).toBeCloseTo(0.45)
  expect(once.counts[BUCKETS_SECONDS.indexOf(0.25)]).toBe(1)
  expect(EMPTY_HISTOGRAM).toEqual({ counts: Array.from({ length: 12 }, () => 0), sumSeconds: 0 })
})
