/** The sample below which that share of the samples lies, between two of them where it falls there. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  const at = (sorted.length - 1) * share
  const [below = NaN, above = below] = sorted.slice(Math.floor(at), Math.floor(at) + 2)
  return below + (above - below) * (at % 1)
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5)
}

/** How sure the median is, and where the samples lie: `0.83–0.87 (95 %), samples 0.60–1.12`. */
export function spread(samples: readonly number[]): string {
  // By the ranks between which the true median lies 19 times in 20, whatever the distribution.
  const off = 0.98 / Math.sqrt(samples.length)
  const range = (from: number, to: number): string =>
    `${quantile(samples, from).toFixed(2)}–${quantile(samples, to).toFixed(2)}`
  return `${range(Math.max(0, 0.5 - off), Math.min(1, 0.5 + off))} (95 %), samples ${range(0, 1)}`
}
