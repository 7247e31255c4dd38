import { Redis, errors } from '@upstash/redis/cloudflare'

/** Where a value is kept, and for how long. */
export interface UpstashKeyOptions<T> {
  /** The REST URL of the database, as in `UPSTASH_REDIS_REST_URL`. */
  readonly url: string
  /** Its token, as in `UPSTASH_REDIS_REST_TOKEN`. */
  readonly token: string
  readonly key: string
  /** The value in a text; the empty text stands for none. It must take any text: others can write here too. */
  readonly parse: (text: string) => T
  readonly format: (value: T) => string
  /** So long after the last write, in milliseconds, Redis forgets the value. */
  readonly expireAfterMs: number
  /** Milliseconds since some moment of its own; it never steps. */
  readonly elapsed: () => number
  /** From 0 up to 1, for the jitter of pauses. */
  readonly random: () => number
  readonly sleep: (ms: number) => Promise<void>
}

/** One value under one key of a Redis, that many processes change without losing each other's changes. */
export interface UpstashKey<T> {
  /** The value as it stands, in one request that takes no longer than this. */
  readonly read: (withinMs: number) => Promise<T>
  /**
   * Changes the value, whoever else does so at the same time, in requests that together take no longer than `withinMs`.
   *
   * `change` is pure: it is tried on the value as it stands, and again on what another made of it meanwhile. Where it
   * gives the same value, nothing is written. Of an update that throws because no answer came, nobody knows whether it
   * was made.
   */
  readonly update: <R>(change: (value: T) => readonly [T, R], withinMs: number) => Promise<R>
}

interface Held<T> {
  readonly version: string
  readonly value: T
}

type Countdown = () => number

/** How often an update tries to write before it gives up. */
const ATTEMPTS = 8
/** The longest first pause of an update that keeps losing, in milliseconds; each further one is twice as long. */
const PAUSE_MS = 100

/**
 * Writes if the version is the one expected, else tells what stands there instead. A text is its version, a space and
 * the value; what does not begin so, or is no text at all, is nobody's and has the version ''.
 */
const COMPARE_AND_SET = `local held = redis.pcall('GET', KEYS[1])
if type(held) ~= 'string' then held = '' end
if (string.match(held, '^([%x-]+) ') or '') ~= ARGV[1] then return { 0, held } end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return { 1 }`

/** The script's own pattern: where the two found different versions, what is nobody's could never be overwritten. */
const HELD = /^([\dA-Fa-f-]+) (.*)$/s

/**
 * Keeps a value under one key of a Redis behind Upstash's REST protocol, atomic by compare-and-set.
 *
 * Every write takes a version that never was, so that whoever knows a value from before an expiry or a deletion cannot
 * replace one from after it.
 */
export function upstashKey<T>(options: UpstashKeyOptions<T>): UpstashKey<T> {
  const { key, parse, format, expireAfterMs, elapsed, random, sleep } = options
  /** What stood there last. It may be old, so nothing but a write that succeeds may rest on it. */
  let known: Held<T> | undefined

  const countdown = (ms: number): Countdown => {
    const end = elapsed() + ms
    return () => end - elapsed()
  }

  const hold = (text: string): Held<T> => {
    const [, version = '', its = ''] = HELD.exec(text) ?? []
    return (known = { version, value: parse(its) })
  }

  async function look(left: Countdown): Promise<Held<T>> {
    const text = await ask(options, left(), (redis) => redis.get<unknown>(key).catch(noText))
    return hold(typeof text === 'string' ? text : '')
  }

  /** What stands there in its place, if it was replaced before. */
  async function replace({ version }: Held<T>, value: T, left: Countdown): Promise<Held<T> | undefined> {
    const next = { version: crypto.randomUUID(), value }
    const args = [version, `${next.version} ${format(value)}`, String(expireAfterMs)]
    const answer = await ask(options, left(), (redis) => redis.eval(COMPARE_AND_SET, [key], args))
    const [isDone, text] = Array.isArray(answer) ? (answer as readonly unknown[]) : []
    if (isDone === 0 && typeof text === 'string') return hold(text)
    if (isDone !== 1) throw new Error(FOREIGN)
    known = next
    return undefined
  }

  return {
    read: async (withinMs) => (await look(countdown(withinMs))).value,
    update: async (change, withinMs) => {
      const left = countdown(withinMs)
      // What is known needs no look if there is something to write: the attempt tells whether it still stands.
      const isEnough = (its: Held<T> | undefined): its is Held<T> =>
        its !== undefined && change(its.value)[0] !== its.value
      let held = isEnough(known) ? known : await look(left)
      for (let lost = 0; lost < ATTEMPTS; lost += 1) {
        // A lost race brings home the newest there is, which is tried at once. Who loses with that too is in a crowd,
        // which pauses of different lengths thin out.
        if (lost > 0 && lost % 2 === 0) await sleep(random() * PAUSE_MS * 2 ** (lost / 2 - 1))
        const [value, result] = change(held.value)
        if (value === held.value) return result
        const other = await replace(held, value, left)
        if (other === undefined) return result
        held = other
      }
      throw new Error(`others were first each of the ${ATTEMPTS} times that the state was to be written`)
    },
  }
}

const NO_URL = 'expected an http(s) URL without credentials'
const FOREIGN = 'the answer is not of the REST protocol of a Redis'

const URL_SHAPE = /^https?:\/\/[^\s@]+$/i
const TOKEN_SHAPE = /^[\u0021-\u007e]+$/

/** One request, whatever comes of it. */
async function ask<T>(
  { url, token: given }: Pick<UpstashKeyOptions<never>, 'url' | 'token'>,
  withinMs: number,
  command: (redis: Redis) => Promise<T>,
): Promise<T> {
  // A line feed at its end, as `echo` leaves one, does not travel.
  const token = given.trimEnd()
  if (!URL_SHAPE.test(url)) throw new Error(NO_URL)
  if (!TOKEN_SHAPE.test(token)) throw new Error('expected a token')
  const signal = AbortSignal.timeout(Math.max(1, Math.ceil(withinMs)))
  try {
    const redis = new Redis({
      url,
      token,
      // As a function: the driver would make a good answer of a plain signal's abort.
      signal: () => signal,
      // `false` would be two attempts, and pipelining would send even this to /pipeline.
      retry: { retries: 0 },
      enableAutoPipelining: false,
      automaticDeserialization: false,
      enableTelemetry: false,
      readYourWrites: false,
    })
    return await command(redis)
  } catch (error) {
    // The error itself is not kept as `cause`: those of the driver quote the URL, and the command with the state in it.
    throw new Error(signal.aborted ? 'no answer in time' : reason(error, token))
  }
}

/** Of a key that is no text. */
function noText(error: unknown): null {
  if (error instanceof errors.UpstashError && error.message.startsWith('WRONGTYPE')) return null
  throw error
}

function reason(error: unknown, token: string): string {
  if (error instanceof errors.UrlError) return NO_URL
  const { cause } = error as { readonly cause?: { readonly code?: unknown } }
  // The network's own errors are no bare TypeErrors: those are the driver's, that fell over the answer.
  const isOfAnswer = error instanceof TypeError && cause === undefined
  if (isOfAnswer || error instanceof errors.UpstashJSONParseError) return FOREIGN
  if (error instanceof errors.UpstashError) {
    // Its first words are Redis's own; what Redis quotes, and the command, come after some other character.
    const [words = ''] = /^[A-Za-z ]*/.exec(error.message.replaceAll(token, '')) ?? []
    return `refused: ${words.trim() || 'no reason given'}`
  }
  return typeof cause?.code === 'string' ? `connection failed: ${cause.code}` : 'connection failed'
}
