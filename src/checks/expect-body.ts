import * as v from 'valibot'
import { CheckFailure } from '../core/check.ts'
import { anything, either, options, text } from '../core/schema.ts'
import { type Json, atPath, compareNumbers, isJson, isSameJson, parseJson, parsePath } from './json.ts'

/** Expectations of a body. All that are given must hold. */
export interface BodyExpectation {
  /** A text that it contains. */
  readonly contains?: string
  /** A regular expression that it matches, or the source of one. */
  readonly matches?: RegExp | string
  /** A value inside it. The body must then be JSON. */
  readonly json?: {
    /** A singular query of RFC 9535, the `$` optional: `$.queue.lag`, `items[0].state`, `['core.queue.in']`. */
    readonly path: string
    /** Compared deeply; the order of keys does not count, and numbers count as they are written. */
    readonly equals?: Json
    /** The largest number that is good. */
    readonly atMost?: number | bigint
    /** The smallest number that is good. */
    readonly atLeast?: number | bigint
  }
}

/** Throws an `unexpected body` failure where the body is not as expected. The failure does not quote it. */
export function expectBody(body: string, { contains, matches, json }: BodyExpectation): void {
  if (contains !== undefined && !body.includes(contains)) throw unexpected('the expected text is not in it')
  // A new RegExp each time: a global or sticky one remembers where it stopped.
  if (matches !== undefined && !new RegExp(matches).test(body)) {
    throw unexpected('it does not match the expected pattern')
  }
  if (json !== undefined) expectJson(body, json)
}

function expectJson(
  body: string,
  { path, equals, atMost, atLeast }: NonNullable<BodyExpectation['json']>,
): void {
  const found = atPath(parsed(body), parsePath(path) ?? [])
  if (found === undefined) throw unexpected(`${path} leads nowhere`)
  const isGood =
    (equals === undefined || isSameJson(found, equals)) &&
    // NaN, for what is no number, is neither.
    (atMost === undefined || compareNumbers(found, atMost) <= 0) &&
    (atLeast === undefined || compareNumbers(found, atLeast) >= 0)
  if (!isGood) throw unexpected(`${path} is not what was expected`)
}

function parsed(body: string): unknown {
  try {
    return parseJson(body)
  } catch {
    throw unexpected('it is not JSON') // The parser's message quotes the body.
  }
}

function unexpected(reason: string): CheckFailure {
  return new CheckFailure('unexpected body', `body: ${reason}`)
}

/** The schema of the option `body`. */
export function bodyExpectation(): v.GenericSchema {
  return oneAtLeast('contains, matches and json', {
    contains: v.optional(text()),
    matches: v.optional(
      either((input) =>
        typeof input === 'string'
          ? anything(isPattern, 'a regular expression')
          : anything((other) => other instanceof RegExp, 'a RegExp or the source of one'),
      ),
    ),
    json: v.optional(
      oneAtLeast('equals, atMost and atLeast', {
        path: anything(isPath, "a path such as 'queue.lag', 'items[0].state' or \"$['a-b']\""),
        equals: v.optional(anything(isJson, 'a JSON value')),
        atMost: v.optional(anything(isNumber, 'a number')),
        atLeast: v.optional(anything(isNumber, 'a number')),
      }),
    ),
  })
}

/** Options of which one at least must be given. */
function oneAtLeast(names: string, entries: v.ObjectEntries): v.GenericSchema {
  const isOne = (input: Record<string, unknown>): boolean =>
    names.split(/\W+/).some((name) => input[name] !== undefined)
  return v.pipe(
    options(entries),
    v.check((input) => isOne(input), `expected at least one of ${names}`),
  )
}

function isNumber(input: unknown): boolean {
  return typeof input === 'bigint' || Number.isFinite(input)
}

function isPath(input: unknown): boolean {
  return typeof input === 'string' && parsePath(input) !== undefined
}

function isPattern(input: unknown): boolean {
  try {
    return input !== '' && new RegExp(input as string) instanceof RegExp
  } catch {
    return false
  }
}
