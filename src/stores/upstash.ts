import { type CellRules, type CellState, type Lease, begin, complete, leaseMs, read } from '../core/cell.ts'
import type { Store } from './store.ts'
import { formatCell, parseCell } from './stored-cell.ts'
import { upstashKey } from './upstash-key.ts'

/** The options of `upstash`. */
export interface UpstashOptions {
  /** The REST URL of the database, as in `UPSTASH_REDIS_REST_URL`. */
  readonly url: string
  /** Its token, as in `UPSTASH_REDIS_REST_TOKEN`. */
  readonly token: string
  /** The key of the state. All that share it share the rounds, so they must have the same definition. */
  readonly key: string
  readonly rules: CellRules
  /** Wall clock, in milliseconds since the epoch. */
  readonly now: () => number
  /** Milliseconds since some moment of its own; it never steps. */
  readonly elapsed: () => number
  /** From 0 up to 1, for the jitter of pauses. */
  readonly random: () => number
  /** Default by a timer. */
  readonly sleep?: (ms: number) => Promise<void>
  /** So long after the last write, in milliseconds, Redis forgets the state. Default 7 days. */
  readonly expireAfterMs?: number
  /** The longest to wait for Redis where the asker does not say for how long it listens, in milliseconds. Default 2000. */
  readonly timeoutMs?: number
}

const WEEK_MS = 7 * 24 * 3600 * 1000
/** The pauses of one who waits grow from here to there, in milliseconds, each cut by up to half by chance. */
const FIRST_PAUSE_MS = 25
const LONGEST_PAUSE_MS = 250
/** A look at the very end of a wait still gets so long, in milliseconds. */
const LAST_LOOK_MS = 250

/**
 * Keeps the state under one key of a Redis behind Upstash's REST protocol, for all processes that know the key.
 *
 * A round costs two requests in a process that ran the one before, else three; finding a fresh snapshot costs one that
 * writes nothing. Every lease is written, since it is what elects one among many processes.
 */
export function upstash({
  now,
  rules,
  sleep = sleepByTimer,
  expireAfterMs = WEEK_MS,
  timeoutMs = 2000,
  ...options
}: UpstashOptions): Store {
  const { elapsed, random } = options
  const cell = upstashKey({
    ...options,
    sleep,
    expireAfterMs,
    parse: parseCell,
    format: formatCell,
  })
  return {
    begin: (id, { ttlMs = rules.ttlMs, withinMs = timeoutMs } = {}) => {
      const at = now()
      return cell.update((state) => begin(state, at, id, { ...rules, ttlMs }), withinMs)
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
        if (leftMs < 1 || !isUnderWay(awaited, state, at, rules)) return read(state, at)
      }
    },
    complete: (lease, results, colo, withinMs = timeoutMs) => {
      const at = now()
      return cell.update((state) => {
        const after = isReplaced(state, lease) ? state : complete(state, lease, results, at, rules, colo)
        return [after, read(after, at)]
      }, withinMs)
    },
  }
}

/** Whether the round that is waited for can still settle. */
function isUnderWay(awaited: Lease | null, { lease }: CellState, now: number, rules: CellRules): boolean {
  if (lease === null || lease.id !== awaited?.id || lease.startedAt !== awaited.startedAt) return false
  // Or else its runner is dead, and nobody has asked for the next round yet.
  return Math.abs(now - lease.startedAt) < leaseMs(rules)
}

/**
 * Whether a lease is of a key that is gone. A cell takes a lease back that was forgotten, as long as no round settled
 * since; but it can only count them, and the cell of a new key counts from the start.
 */
function isReplaced({ lease, settledAt }: CellState, { startedAt }: Lease): boolean {
  return lease === null && settledAt !== null && settledAt >= startedAt
}

function sleepByTimer(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
