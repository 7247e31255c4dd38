import { type CellRules, type CellState, type Lease, begin, complete, isLive, read } from '../core/cell.ts'
import type { Send } from '../core/check.ts'
import { ConfigError } from '../core/config-error.ts'
import { type Health, UNNAMED } from '../core/define.ts'
import { type Clock, systemClock } from '../drivers/clock.ts'
import type { Store } from './store.ts'
import { formatCell, parseCell } from './stored-cell.ts'
import { upstashKey } from './upstash-key.ts'

/** A database of Upstash, or anything that speaks its REST protocol. */
export interface UpstashDatabase {
  /** As in `UPSTASH_REDIS_REST_URL`. */
  readonly url: string
  /** As in `UPSTASH_REDIS_REST_TOKEN`. */
  readonly token: string
  /** The key that holds the state. Default `allclear:SERVICE:auto`, with the name of the service. */
  readonly key?: string
}

/** The surroundings of the store: sender, clock, chance and limits. */
export interface UpstashRuntime {
  /** Default the clock of this process. */
  readonly clock?: Clock
  /** From 0 up to 1, for the jitter of pauses. Default `Math.random`. */
  readonly random?: () => number
  /** Default a timer. */
  readonly sleep?: (ms: number) => Promise<void>
  /** How requests are sent. Default the platform's `fetch`. */
  readonly send?: Send | undefined
  /** Redis forgets the state this long after the last write, in milliseconds. Default 7 days. */
  readonly expireAfterMs?: number
  /** The longest wait for Redis where the caller sets no limit, in milliseconds. Default 2000. */
  readonly timeoutMs?: number
}

const WEEK_MS = 7 * 24 * 3600 * 1000
/** Backoff bounds of a waiter, in milliseconds. Chance cuts each pause by up to half. */
const FIRST_PAUSE_MS = 25
const LONGEST_PAUSE_MS = 250
/** The least time, in milliseconds, for the last look of a wait. */
const LAST_LOOK_MS = 250

/**
 * Keeps the state in a Redis, for all processes that have the same definition: they share rounds, breakers and counters,
 * and a dependency that comes back gets one trial from all of them.
 *
 * A round costs two requests in a process that ran the round before, else three. A fresh snapshot costs one request,
 * which writes nothing. Every lease is written, since it elects one process among many.
 *
 * @param database `key`: default `allclear:SERVICE:auto`.
 * @param runtime the surroundings, where they are not the platform's.
 * @throws {ConfigError} where neither the service has a name nor the state a key.
 * @example
 * ```ts
 * const { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token } = process.env
 * await onNode(health, { port: 8080, store: upstash(health, { url, token }) })
 * ```
 */
export function upstash<Env>(
  health: Health<Env>,
  { url, token, key = keyOf(health) }: UpstashDatabase,
  {
    clock: { now, elapsed } = systemClock,
    random = Math.random,
    sleep = sleepByTimer,
    send,
    expireAfterMs = WEEK_MS,
    timeoutMs = 2000,
  }: UpstashRuntime = {},
): Store {
  const database = { url, token, key, send }
  const surroundings = { elapsed, random, sleep, expireAfterMs }
  const cell = upstashKey({ ...database, ...surroundings, parse: parseCell, format: formatCell })
  return {
    begin: (id, { ttlMs = health.ttlMs, withinMs = timeoutMs } = {}) => {
      const at = now()
      return cell.update((state) => begin(state, at, id, { ...health, ttlMs }), withinMs)
    },
    settled: async (waitMs) => {
      const end = elapsed() + waitMs
      let awaited: Lease | null | undefined
      for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
        const jittered = pauseMs * (1 - random() / 2)
        await sleep(Math.max(0, Math.min(jittered, end - elapsed())))
        const leftMs = end - elapsed()
        const state = await cell.read(Math.min(timeoutMs, Math.max(leftMs, LAST_LOOK_MS)))
        const at = now()
        awaited ??= state.lease
        if (leftMs < 1 || !isUnderWay(state, at, awaited, health)) return read(state, at, health)
      }
    },
    complete: (lease, results, colo, withinMs = timeoutMs) => {
      const at = now()
      return cell.update((state) => {
        const after = isReplaced(state, lease) ? state : complete(state, at, lease, results, health, colo)
        return [after, read(after, at, health)]
      }, withinMs)
    },
  }
}

/** Two services that did not name themselves would share one state, and each would erase the other's. */
function keyOf({ service }: Health<never>): string {
  if (service.name !== UNNAMED) return `allclear:${service.name}:auto`
  const message =
    'expected a name of its own where a Redis keeps the state, or a key in the options of upstash'
  throw new ConfigError([{ path: 'service.name', message }])
}

/** Whether the round of the awaited lease can still settle. */
function isUnderWay(
  { lease }: CellState,
  now: number,
  awaited: Lease | null,
  rules: Pick<CellRules, 'deadlineMs'>,
): boolean {
  const isAwaited = lease !== null && lease.id === awaited?.id && lease.startedAt === awaited.startedAt
  // A lease that ran out has a dead runner, and no poll has begun the next round yet.
  return isAwaited && isLive(lease, now, rules)
}

/**
 * Whether a lease belongs to a key that is gone. A cell takes a forgotten lease back as long as no round settled since,
 * but it only counts rounds, and the cell of a new key counts from the start.
 */
function isReplaced({ lease, settledAt }: CellState, { startedAt }: Lease): boolean {
  return lease === null && settledAt !== null && settledAt >= startedAt
}

function sleepByTimer(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
