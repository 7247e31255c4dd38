import { compareDecimals, decimal } from './decimal.ts'

/** A JSON value. A whole number past 2^53 is written as a bigint. */
export type Json =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly Json[]
  | { readonly [key: string]: Json }

/** The steps of a path: a name, or an index, which counts from the end where it is negative. */
export type JsonPath = readonly (string | number)[]

/** Under this key a number that was parsed keeps the text that it was written as. */
const WRITTEN = Symbol('written')

/** Parses JSON in which numbers keep what was written: as doubles, many that differ are the same. */
export function parseJson(text: string): unknown {
  const keep = (_: string, value: unknown, context?: { readonly source?: string }): unknown =>
    typeof value === 'number' ? { [WRITTEN]: context?.source ?? String(value) } : value
  return JSON.parse(text, keep)
}

/** A segment of a singular query of RFC 9535. */
const SEGMENT =
  /[ \t\n\r]*(?:\.([A-Za-z_\u{80}-\u{10ffff}][\w\u{80}-\u{10ffff}]*)|\[[ \t\n\r]*(?:(0|-?[1-9]\d*)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\[^"])*'))[ \t\n\r]*\])/uy

/** Reads a singular query of RFC 9535, whose `$` may be left out. Anything else gives `undefined`. */
export function parsePath(text: string): JsonPath | undefined {
  const rest = text.startsWith('$') ? text.slice(1) : text.startsWith('[') ? text : `.${text}`
  const path: (string | number)[] = []
  SEGMENT.lastIndex = 0
  for (let end = 0; end < rest.length; end = SEGMENT.lastIndex) {
    const [, name, index, quoted = ''] = SEGMENT.exec(rest) ?? []
    const step = name ?? (index === undefined ? unquoted(quoted) : Number(index))
    const isStep = typeof step === 'string' ? step.isWellFormed() : Number.isSafeInteger(step)
    if (!isStep) return undefined
    path.push(step as string | number)
  }
  return path
}

/** The name in quotes. The escapes are those of JSON, beside `\'` in single quotes. */
function unquoted(text: string): string | undefined {
  const inDouble = text.startsWith("'")
    ? `"${text.slice(1, -1).replaceAll(/\\(.)|"/gs, (all, escaped) => (escaped === "'" ? escaped : all === '"' ? '\\"' : all))}"`
    : text
  try {
    return JSON.parse(inDouble) as string
  } catch {
    return undefined
  }
}

/** The value at the path; `undefined`, which is no JSON value, where it leads nowhere. */
export function atPath(json: unknown, path: JsonPath): unknown {
  return path.reduce(step, json)
}

function step(value: unknown, key: string | number): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  // A list has indexes only, and an object its own names only: `length` and `constructor` are no data.
  if (Array.isArray(value)) return typeof key === 'number' ? (value.at(key) as unknown) : undefined
  return typeof key === 'string' && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined
}

/** Compares a parsed number with a number of the options, as both are written. `NaN` where it is no number. */
export function compareNumbers(found: unknown, expected: number | bigint): number {
  const written = (found as { readonly [WRITTEN]?: string } | null | undefined)?.[WRITTEN]
  return written === undefined ? NaN : compareDecimals(decimal(written), decimal(String(expected)))
}

/** Whether a parsed value is the one of the options. The order of keys does not count. */
export function isSameJson(found: unknown, expected: Json): boolean {
  if (typeof expected === 'number' || typeof expected === 'bigint')
    return compareNumbers(found, expected) === 0
  if (typeof found !== 'object' || typeof expected !== 'object' || found === null || expected === null) {
    return found === expected
  }
  if (WRITTEN in found || Array.isArray(found) !== Array.isArray(expected)) return false
  const keys = Object.keys(found)
  return (
    keys.length === Object.keys(expected).length &&
    keys.every(
      (key) => Object.hasOwn(expected, key) && isSameJson(found[key as never], expected[key as never]),
    )
  )
}

/** Whether a value survives JSON unchanged: there is no NaN, `undefined`, RegExp or cycle in it. */
export function isJson(value: unknown, parents: readonly unknown[] = []): value is Json {
  if (typeof value === 'number') return Number.isFinite(value)
  if (value === null || ['string', 'boolean', 'bigint'].includes(typeof value)) return true
  if (typeof value !== 'object') return false
  if (parents.includes(value) || !(Array.isArray(value) || isPlain(value))) return false
  return Object.values(value).every((inner) => isJson(inner, [...parents, value]))
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
