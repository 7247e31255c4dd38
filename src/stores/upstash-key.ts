import { CheckFailure, MISCONFIGURED, type Send } from '../core/check.ts'
import { type UpstashClient, upstashClient } from '../drivers/upstash.ts'

/** The place of a value, and how it is written and read. */
export interface UpstashKeyOptions<T> {
  /** The REST URL of the database, as in `UPSTASH_REDIS_REST_URL`. */
  readonly url: string
  /** Its token, as in `UPSTASH_REDIS_REST_TOKEN`. */
  readonly token: string
  /** Default the platform's `fetch`. */
  readonly send?: Send | undefined
  readonly key: string
  /** Reads a value. It must take any text, since others can write here too; the empty text stands for no value. */
  readonly parse: (text: string) => T
  readonly format: (value: T) => string
  /** Redis forgets the value this long after the last write, in milliseconds. */
  readonly expireAfterMs: number
  /** A clock in milliseconds that never steps. */
  readonly elapsed: () => number
  /** From 0 up to 1, for the jitter of pauses. */
  readonly random: () => number
  readonly sleep: (ms: number) => Promise<void>
}

/** One value under one key of a Redis. Many processes change it, and no change is lost. */
export interface UpstashKey<T> {
  /** The value as it stands, by one request that takes no longer than this. */
  readonly read: (withinMs: number) => Promise<T>
  /**
   * Changes the value while other processes may change it too, by requests that together take no longer than `withinMs`.
   *
   * `change` is pure: it is applied to the value as it stands, and again to a newer value when another process was
   * faster. Nothing is written where it gives the same value. An update that throws for lack of an answer may have been
   * made.
   */
  readonly update: <R>(change: (value: T) => readonly [T, R], withinMs: number) => Promise<R>
}

interface Held<T> {
  readonly version: string
  readonly value: T
}

type Countdown = () => number

/** The attempts of an update to write before it gives up. */
const ATTEMPTS = 8
/** The longest first pause of an update that keeps losing races, in milliseconds. Each further one is twice as long. */
const PAUSE_MS = 100

/**
 * Writes if the version is the expected one, and otherwise gives the text that stands there. A text is a version, a
 * space and the value. A text of another form, or a key that is no text, has the version ''.
 */
const COMPARE_AND_SET = `local held = redis.pcall('GET', KEYS[1])
if type(held) ~= 'string' then held = '' end
if (string.match(held, '^([%x-]+) ') or '') ~= ARGV[1] then return { 0, held } end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return { 1 }`

/** The same pattern as in the script: a text whose version the two read differently could never be overwritten. */
const HELD = /^([\dA-Fa-f-]+) (.*)$/s

/**
 * Keeps a value under one key of a Redis behind Upstash's REST protocol, atomic by compare-and-set.
 *
 * Every write takes a version that was never used, so a process that knows a value from before an expiry or a deletion
 * cannot replace a value from after it.
 */
export function upstashKey<T>(options: UpstashKeyOptions<T>): UpstashKey<T> {
  const { key, parse, format, expireAfterMs, elapsed, random, sleep } = options
  /** The last known value. It may be old, so it may only be used for a write, which succeeds if it is current. */
  let known: Held<T> | undefined

  const countdown = (ms: number): Countdown => {
    const end = elapsed() + ms
    return () => end - elapsed()
  }

  const hold = (text: string): Held<T> => {
    const [, version = '', written = ''] = HELD.exec(text) ?? []
    return (known = { version, value: parse(written) })
  }

  async function look(left: Countdown): Promise<Held<T>> {
    const text = await request(options, left(), (redis) => redis.get<unknown>(key).catch(noText))
    return hold(typeof text === 'string' ? text : '')
  }

  /** Gives the value that another process wrote first, or nothing when the write succeeded. */
  async function replace({ version }: Held<T>, value: T, left: Countdown): Promise<Held<T> | undefined> {
    const next = { version: crypto.randomUUID(), value }
    const args = [version, `${next.version} ${format(value)}`, String(expireAfterMs)]
    const answer = await request(options, left(), (redis) => redis.eval(COMPARE_AND_SET, [key], args))
    const [isDone, text] = Array.isArray(answer) ? (answer as readonly unknown[]) : []
    const other = isDone === 0 && typeof text === 'string' ? hold(text) : undefined
    // A request whose answer was lost is sent twice, and then finds its own first write there.
    if (other !== undefined && other.version !== next.version) return other
    if (other === undefined && isDone !== 1) throw new Error(FOREIGN)
    known = next
    return undefined
  }

  return {
    read: async (withinMs) => (await look(countdown(withinMs))).value,
    update: async (change, withinMs) => {
      const left = countdown(withinMs)
      // The known value needs no look if there is something to write: the attempt tells whether it is current.
      const isWritten = known !== undefined && change(known.value)[0] !== known.value
      let held = known !== undefined && isWritten ? known : await look(left)
      for (let lost = 0; lost < ATTEMPTS; lost += 1) {
        // A lost race returns the newest value, which is tried at once. A second loss means a crowd, which random pauses
        // thin out.
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

const FOREIGN = 'the answer is not of the REST protocol of a Redis'

/** Sends one request, and fails without a secret in the error. */
async function request<T>(
  { url, token, send }: Pick<UpstashKeyOptions<never>, 'url' | 'token' | 'send'>,
  withinMs: number,
  command: (redis: UpstashClient) => Promise<T>,
): Promise<T> {
  const signal = AbortSignal.timeout(Math.max(1, Math.ceil(withinMs)))
  try {
    return await command(upstashClient({ url, token, send, signal }))
  } catch (error) {
    // The error itself is no `cause`: it may quote the token, and the command with the state in it.
    throw new Error(signal.aborted ? 'no answer in time' : failureText(error, token.trim()))
  }
}

/** A key of another type than text holds no value of ours. */
function noText(error: unknown): null {
  if (error instanceof CheckFailure && error.message.startsWith('WRONGTYPE')) return null
  throw error
}

function failureText(error: unknown, token: string): string {
  // The driver's own errors mean that it could not read the answer.
  if (!(error instanceof CheckFailure) || error.detail === 'unexpected body') return FOREIGN
  const { detail, message } = error
  if (detail !== 'error') return detail === MISCONFIGURED ? message : `${detail}: ${message}`
  // The first words are Redis's own. The text that Redis quotes, and the command, come after some other character.
  const [words = ''] = /^[A-Za-z ]*/.exec(message.replaceAll(token, '')) ?? []
  return `refused: ${words.trim() || 'no reason given'}`
}
