import { type CheckContext, CheckFailure, MISCONFIGURED, type Machine, type Value } from '../core/check.ts'
import type { Clock } from '../drivers/clock.ts'
import { boundedFetch } from '../drivers/fetch.ts'
import type { Secrets } from './secrets.ts'

/** The surroundings of every probe of a round. */
export interface ProbeContext {
  readonly env: unknown
  readonly clock: Clock
  readonly secrets: Secrets
  /** The region of the round, if the definition names regions. */
  readonly region?: string | undefined
  /** The abilities of the host beyond `fetch`. */
  readonly machine: Machine
  /** Aborts when the whole round must end. */
  readonly roundSignal: AbortSignal
}

/** The context that one check is handed. */
export function contextFor(
  { env, clock, secrets, region, machine }: Omit<ProbeContext, 'roundSignal'>,
  signal: AbortSignal,
): CheckContext<unknown> {
  const value = <T>(option: string, given: Value<unknown, T>): T => {
    const found = resolved(option, given, env)
    if (found === undefined || found === null) throw missing(option, 'a value', found)
    return found
  }
  const text = (option: string, given: Value<unknown, string>): string => {
    const whole: unknown = resolved(option, given, env)
    // The one place where the line feed of `echo` is taken off a token, a URL or a key.
    const found: unknown = typeof whole === 'string' ? whole.trim() : whole
    if (typeof found !== 'string' || found === '') throw missing(option, 'a string', found)
    if (typeof given === 'function') secrets.enrol(found)
    return found
  }
  const secret = (found: string): string => {
    secrets.enrol(found)
    return found
  }
  const where = region === undefined ? {} : { region }
  const fetch: CheckContext<unknown>['fetch'] = (input, init) =>
    boundedFetch(input, init, { signal, send: machine.send })
  return { env, signal, now: clock.now, machine, fetch, text, value, secret, ...where }
}

function resolved<T>(option: string, given: Value<unknown, T>, env: unknown): T {
  if (typeof given !== 'function') return given
  try {
    return (given as (env: unknown) => T)(env)
  } catch {
    // The thrown text may hold a piece of the value, so it is not passed on.
    throw new CheckFailure(MISCONFIGURED, `${option}: its function of env threw`)
  }
}

function missing(option: string, expected: string, found: unknown): CheckFailure {
  const received = found === '' ? 'an empty string' : found === null ? 'null' : typeof found
  return new CheckFailure(MISCONFIGURED, `${option}: expected ${expected} from env, received ${received}`)
}
