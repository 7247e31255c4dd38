import * as v from 'valibot'

/** Longest delay that a timer of any platform keeps; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** Says what came, short enough for one line. Of what may hold a secret only the kind is said. */
function received(input: unknown, secret = false): string {
  if (input === null || input === undefined) return String(input)
  if (Array.isArray(input)) return 'an array'
  if (typeof input === 'object') return 'an object'
  if (typeof input === 'function') return 'a function'
  if (secret) return input === '' ? 'an empty string' : `a ${typeof input}`
  return typeof input === 'string' ? JSON.stringify(input.slice(0, 80)) : String(input)
}

type Message = (issue: v.BaseIssue<unknown>) => string

function expected(what: string, secret = false): Message {
  return ({ input }) => `expected ${what}, received ${received(input, secret)}`
}

/** An object with these options and no other. */
export function options<const Entries extends v.ObjectEntries>(
  entries: Entries,
): v.ObjectWithRestSchema<Entries, v.NeverSchema<string>, Message> {
  const known = Object.keys(entries).join(', ')
  // strictObject would name the first unknown option alone.
  const unknown = v.never(`unknown option; the options here are ${known}`)
  return v.objectWithRest(entries, unknown, (issue) =>
    // A URL given in place of the options may hold a password.
    issue.expected === 'Object' ? expected('an object', true)(issue) : 'required, but missing',
  )
}

type NumberSchema = v.SchemaWithPipe<readonly [v.NumberSchema<Message>, v.CheckAction<number, Message>]>

/** A finite number within bounds. */
export function number(min: number, max: number): NumberSchema {
  const message = expected(`a number from ${min} to ${max}`)
  return v.pipe(
    v.number(message),
    v.check((input) => input >= min && input <= max, message),
  )
}

/** A finite number of at least `min`, that a timer can hold. */
export function atLeast(min: number): NumberSchema {
  const message = expected(`a number of at least ${min}`)
  const tooLarge = expected(`a number of at most ${MAX_TIMER_MS}`)
  return v.pipe(
    v.number(message),
    v.check(
      (input) => input >= min && input <= MAX_TIMER_MS,
      (issue) => (Number(issue.input) > MAX_TIMER_MS ? tooLarge : message)(issue),
    ),
  )
}

/** A whole number of at least `min`. */
export function wholeAtLeast(min: number): NumberSchema {
  const message = expected(`a whole number of at least ${min}`)
  return v.pipe(
    v.number(message),
    v.check((input) => Number.isSafeInteger(input) && input >= min, message),
  )
}

export function flag(): v.BooleanSchema<Message> {
  return v.boolean(expected('true or false'))
}

type TextSchema = v.SchemaWithPipe<readonly [v.StringSchema<Message>, v.CheckAction<string, Message>]>

/** A string that is not empty and, where given, matches. */
export function text(pattern = /./s, what = 'a string that is not empty'): TextSchema {
  return v.pipe(
    v.string(expected(what)),
    v.check((input) => pattern.test(input), expected(what)),
  )
}

export function oneOf<const Choices extends readonly string[]>(
  choices: Choices,
): v.PicklistSchema<Choices, Message> {
  return v.picklist(choices, expected(`one of ${choices.join(', ')}`))
}

export function listOf<const Item extends v.GenericSchema>(item: Item): v.ArraySchema<Item, Message> {
  return v.array(item, expected('an array'))
}

/** A `Value<Env, string>`: a function of `env`, or a string that is itself judged. The string is never repeated. */
export function value(
  isValid: (input: string) => boolean = (input) => input !== '',
  what = 'a string',
): v.GenericSchema {
  const message = expected(`${what} or a function of env that gives one`, true)
  return v.custom(
    (input) => typeof input === 'function' || (typeof input === 'string' && isValid(input)),
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

/** Anything that `isValid` accepts. */
export function anything(isValid: (input: unknown) => boolean, what: string): v.GenericSchema {
  return v.custom(isValid, expected(what))
}
