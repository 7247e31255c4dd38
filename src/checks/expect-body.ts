import * as v from 'valibot'
import { CheckFailure } from '../core/check.ts'
import { anything, either, options, text } from '../core/schema.ts'
import { type Json, atPath, isJson, isSameJson, parsePath } from './json.ts'

/** Expectations of a body. All that are given must hold. */
export interface BodyExpectation {
  /** A text that it contains. */
  readonly contains?: string
  /** A regular expression that it matches, or the source of one. */
  readonly matches?: RegExp | string
  /** A value inside it. The body must then be JSON. */
  readonly json?: {
    /** Dotted, with indexes: `queue.lag`, `items[0].state`, `$.queue.lag`; `$` is the whole. */
    readonly path: string
    /** Compared deeply; the order of keys does not count. */
    readonly equals: Json
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

function expectJson(body: string, { path, equals }: NonNullable<BodyExpectation['json']>): void {
  const found = atPath(parsed(body), parsePath(path) ?? [])
  if (found === undefined) throw unexpected(`${path} leads nowhere`)
  if (!isSameJson(found, equals)) throw unexpected(`${path} is not what was expected`)
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    throw unexpected('it is not JSON') // The parser's message quotes the body.
  }
}

function unexpected(reason: string): CheckFailure {
  return new CheckFailure('unexpected body', `body: ${reason}`)
}

/** The schema of the option `body`. */
export function bodyExpectation(): v.GenericSchema {
  const given = options({
    contains: v.optional(text()),
    matches: v.optional(
      either((input) =>
        typeof input === 'string'
          ? anything(isPattern, 'a regular expression')
          : anything((other) => other instanceof RegExp, 'a RegExp or the source of one'),
      ),
    ),
    json: v.optional(
      options({
        path: anything(isPath, "a path such as 'queue.lag' or 'items[0].state'"),
        equals: anything(isJson, 'a JSON value'),
      }),
    ),
  })
  const isEmpty = (input: object): boolean => Object.values(input).every((one) => one === undefined)
  return v.pipe(
    given,
    v.check((input) => !isEmpty(input), 'expected at least one of contains, matches and json'),
  )
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
