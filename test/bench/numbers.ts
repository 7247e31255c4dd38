/** The quantile of the samples at this share (0 to 1), interpolated between neighbours. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  const at = (sorted.length - 1) * share
  const [below = NaN, above = below] = sorted.slice(Math.floor(at), Math.floor(at) + 2)
  return below + (above - below) * (at % 1)
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5)
}

/** The confidence interval of the median and the range of the samples: `0.83–0.87 (95 %), samples 0.60–1.12`. */
export function spread(samples: readonly number[]): string {
  // The true median lies between these ranks in 19 cases of 20, for any distribution.
  const off = 0.98 / Math.sqrt(samples.length)
  const range = (from: number, to: number): string =>
    `${quantile(samples, from).toFixed(2)}–${quantile(samples, to).toFixed(2)}`
  return `${range(Math.max(0, 0.5 - off), Math.min(1, 0.5 + off))} (95 %), samples ${range(0, 1)}`
}
