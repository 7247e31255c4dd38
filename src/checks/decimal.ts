/** A decimal number, exactly: 0.DIGITS × 10^POINT. Zero has no digits and no sign. */
export interface Decimal {
  readonly sign: number
  readonly point: number
  readonly digits: string
}

/** Reads a number as JSON writes it, or as JavaScript writes a number or a bigint. */
export function decimal(text: string): Decimal {
  const [, minus, whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d*)\.?(\d*)(?:e(.+))?$/i.exec(text) ?? []
  const all = whole + fraction
  const significant = all.replace(/^0+/, '')
  // By hand: a pattern for the zeros at the end takes quadratic time where many zeros stand before another digit.
  let end = significant.length
  while (significant[end - 1] === '0') end -= 1
  const digits = significant.slice(0, end)
  if (digits === '') return { sign: 0, point: 0, digits }
  const point = whole.length - all.length + significant.length + Number(exponent)
  return { sign: minus === '' ? 1 : -1, point, digits }
}

/** Below 0 where the first number is smaller, 0 where both are equal, above 0 where it is larger. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  if (a.sign !== b.sign) return a.sign - b.sign
  const larger = a.point - b.point || Number(a.digits > b.digits) - Number(a.digits < b.digits)
  return a.sign * larger
}
