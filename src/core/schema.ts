import * as v from 'valibot'
import type { ConfigFault } from './config-error.ts'

/** Longest delay that a timer of any platform keeps; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** Names the received value in one line. A value that may hold a secret is named by its kind alone. */
function received(input: unknown, secret = false): string {
  if (Array.isArray(input)) return 'an array'
  if (typeof input === 'object' && input !== null) return 'an object'
  if (typeof input === 'function') return 'a function'
  if (secret && input !== null && input !== undefined)
    return input === '' ? 'an empty string' : `a ${typeof input}`
  return typeof input === 'string' ? JSON.stringify(input.slice(0, 80)) : String(input)
}

type Message = (issue: v.BaseIssue<unknown>) => string

/** A string in place of one of these may be anything: a header with its token, a URL with its password. */
const NO_STRING = /^(?:an object|an array|a function|a pool|false or)/
/** A secret is longer. */
const SHORT_NAME = /^\w{1,5}$/

function expected(what: string, secret = false): Message {
  return ({ input }) => {
    const isAstray = typeof input === 'string' && NO_STRING.test(what) && !SHORT_NAME.test(input)
    return `expected ${what}, received ${received(input, secret || isAstray)}`
  }
}

/** An object with these options and no other. */
export function options<const Entries extends v.ObjectEntries>(
  entries: Entries,
): v.ObjectWithRestSchema<Entries, v.NeverSchema<string>, Message> {
  const known = Object.keys(entries).join(', ')
  // strictObject would name the first unknown option alone.
  const unknown = v.never(`unknown option; the options here are ${known || 'none'}`)
  return v.objectWithRest(entries, unknown, (issue) =>
    // A URL given in place of the options may hold a password.
    issue.expected === 'Object' ? expected('an object', true)(issue) : 'required, but missing',
  )
}

/** Anything that `isValid` accepts. */
export function anything<T = unknown>(
  isValid: (input: unknown) => boolean,
  what: string,
): v.GenericSchema<T> {
  return v.custom<T>(isValid, expected(what))
}

/** A finite number within bounds. */
export function number(min: number, max: number): v.GenericSchema<number> {
  return anything(
    (input) => isNumber(input) && input >= min && input <= max,
    `a number from ${min} to ${max}`,
  )
}

/** A finite number of at least `min`, that a timer can hold. */
export function atLeast(min: number): v.GenericSchema<number> {
  return v.custom<number>(
    (input) => isNumber(input) && input >= min && input <= MAX_TIMER_MS,
    (issue) => {
      const isTooLarge = isNumber(issue.input) && issue.input > MAX_TIMER_MS
      return expected(isTooLarge ? `a number of at most ${MAX_TIMER_MS}` : `a number of at least ${min}`)(
        issue,
      )
    },
  )
}

/** A whole number of at least `min`. */
export function wholeAtLeast(min: number): v.GenericSchema<number> {
  return anything(
    (input) => Number.isSafeInteger(input) && (input as number) >= min,
    `a whole number of at least ${min}`,
  )
}

export function flag(): v.GenericSchema<boolean> {
  return anything((input) => typeof input === 'boolean', 'true or false')
}

/** A string that is not empty and, where given, matches. */
export function text(pattern: RegExp = /./s, what = 'a string that is not empty'): v.GenericSchema<string> {
  return anything((input) => typeof input === 'string' && pattern.test(input), what)
}

export function oneOf(choices: readonly string[]): v.GenericSchema<string> {
  return anything((input) => choices.includes(input as string), `one of ${choices.join(', ')}`)
}

export function listOf(item: v.GenericSchema): v.GenericSchema {
  return v.array(item, expected('an array'))
}

/** An option that stands where it cannot. */
export function never(message: string): v.GenericSchema {
  return v.custom(() => false, message)
}

/**
 * A `Value<Env, string>`: a function of `env`, or a string that is itself judged, without the white space at its ends.
 * The string is never repeated.
 */
export function value(
  isValid: (input: string) => boolean = (input) => input !== '',
  what = 'a string',
): v.GenericSchema {
  const message = expected(`${what} or a function of env that gives one`, true)
  return v.custom(
    (input) => typeof input === 'function' || (typeof input === 'string' && isValid(input.trim())),
    message,
  )
}

/** A `Value` that must be an http or https URL. */
export function httpUrl(): v.GenericSchema {
  return value((input) => ['http:', 'https:'].includes(URL.parse(input)?.protocol ?? ''), 'an http(s) URL')
}

/** A value that a function of the input chooses the schema of. */
export function either(choose: (input: unknown) => v.GenericSchema): v.GenericSchema {
  return v.lazy(choose)
}

/** Every fault that a schema finds in an input, with its path below the given one. */
export function faultsIn(schema: v.GenericSchema, input: unknown, path: readonly string[]): ConfigFault[] {
  const { issues = [] } = v.safeParse(schema, input)
  return issues.map((issue) => {
    const keys = [...path, ...(issue.path ?? []).map(({ key }) => String(key))]
    return { path: keys.join('.') || 'definition', message: issue.message }
  })
}

export function isFunction(input: unknown): boolean {
  return typeof input === 'function'
}

export function isRecord(input: unknown): input is Record<string, unknown> {
  return typeof input === 'object' && input !== null
}

function isNumber(input: unknown): input is number {
  return typeof input === 'number'
}
