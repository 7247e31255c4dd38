import { type Reading, type Result, isFresh } from '../core/cell.ts'
import type { Health } from '../core/define.ts'
import { describe } from '../probe/check.ts'
import type { Clock } from '../probe/clock.ts'
import { redactor } from '../probe/redact.ts'
import { runRound } from '../probe/round.ts'
import { memory } from '../stores/memory.ts'
import type { Store } from '../stores/store.ts'

/** What a poll came to: a reading, and whether the state is the one that all share. */
export interface Polled {
  readonly reading: Reading
  readonly state: 'shared' | 'local'
}

/** Answers one poll. `waitUntil` keeps the work going when the caller hangs up. */
export type Poll = (env: unknown, waitUntil: (work: Promise<unknown>) => void) => Promise<Polled>

export interface PollerOptions {
  readonly clock: Clock
  /** The store that all share. It may throw where it cannot be had. */
  readonly storeOf: (env: unknown) => Store
  readonly newId: () => string
  /** Told, free of secrets, when the store could not be reached. */
  readonly warn: (message: string) => void
}

/** A round, or the wait for one, ends this much before the deadline, in milliseconds, so that its result comes home. */
const HOMEWARD_MS = 250
/** The longest that the store may take to answer, in milliseconds. */
const REACH_MS = 2000

/**
 * Makes the one way in which polls are answered: from the last settled snapshot that this process keeps, else from
 * the store, running a round where the store gives the lease of one. When the store cannot be reached the checks are
 * run all the same, coalesced by a cell of this process: losing the store never costs the answer.
 */
export function poller(health: Health<never>, { clock, storeOf, newId, warn }: PollerOptions): Poll {
  const local = memory(health, clock.now)
  let kept: (Polled & { readonly at: number }) | undefined

  async function refresh(env: unknown): Promise<Polled> {
    const { deadlineMs } = health
    const deadline = clock.elapsed() + deadlineMs
    const left = (): number => deadline - clock.elapsed()
    const homewardMs = Math.min(HOMEWARD_MS, deadlineMs / 10)
    const reachMs = Math.min(REACH_MS, deadlineMs / 3)
    let ran: Promise<Record<string, Result>> | undefined
    // A round that the store gave but could not take back is not run again: its results go to the local cell.
    const run = (names: readonly string[]): Promise<Record<string, Result>> =>
      (ran ??= runRound(health, { names, env, clock, budgetMs: left() - homewardMs }))
    const through = async (store: Store): Promise<Reading> => {
      const begun = await within(reachMs, store.begin(newId()))
      if (begun.kind === 'fresh') return begun.reading
      if (begun.kind === 'wait') return within(left(), store.settled(left() - homewardMs))
      const results = await run(begun.lease.checks)
      return within(Math.max(left(), HOMEWARD_MS), store.complete(begun.lease, results))
    }
    try {
      return { reading: await through(storeOf(env)), state: 'shared' }
    } catch (error) {
      const reason = redactor(env)(describe(error))
      warn(
        `allclear: the store of the state could not be reached, so this process checks by itself: ${reason}`,
      )
      // With no time left to run anything, what the local cell knows must do.
      return {
        reading: await (ran || left() > homewardMs ? through(local) : local.settled(0)),
        state: 'local',
      }
    }
  }

  return async (env, waitUntil) => {
    if (kept !== undefined) {
      const { reading, state, at } = kept
      // Ages are counted in the cell's clock, which is not this process's.
      const now = reading.now + (clock.now() - at)
      if (isFresh(reading.snapshot, now, health)) return { reading: { ...reading, now }, state }
    }
    const polling = refresh(env)
    waitUntil(polling)
    const polled = await polling
    kept = { ...polled, at: clock.now() }
    return polled
  }
}

/** The promise, or an error when it takes longer. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${Math.round(ms)} ms`)), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
