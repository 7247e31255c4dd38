import type { Reading, Result } from '../core/cell.ts'
import type { Health } from '../core/define.ts'
import { type Report, report } from '../core/report.ts'
import { describe } from '../probe/check.ts'
import type { Clock } from '../probe/clock.ts'
import { redactor } from '../probe/redact.ts'
import { runRound } from '../probe/round.ts'
import { memory } from '../stores/memory.ts'
import type { Store } from '../stores/store.ts'
import { kept } from './kept.ts'
import { type PollTime, pollTime, within } from './poll-time.ts'

/** Who polls. */
export interface Caller {
  /** Keeps work going when the caller hangs up. */
  readonly waitUntil: (work: Promise<unknown>) => void
  readonly request: Request
}

/** Answers one poll. */
export type Poll = (env: unknown, caller: Caller) => Promise<Report>

export interface PollerOptions {
  readonly clock: Clock
  /** The store that all share. It may throw where it cannot be had. */
  readonly storeOf: (env: unknown) => Store
  readonly newId: () => string
  /** Told, free of secrets, when the store could not be reached. */
  readonly warn: (message: string) => void
}

/** Runs the round of one poll, if it comes to that. */
export interface Runner {
  /** Runs these checks for as long as the poll has time. A round that no store took back is not run again. */
  readonly run: (names: readonly string[]) => Promise<Record<string, Result>>
  readonly hasRun: () => boolean
}

export function runnerOf(health: Health<never>, env: unknown, clock: Clock, time: PollTime): Runner {
  let ran: Promise<Record<string, Result>> | undefined
  return {
    run: (names) => {
      const budgetMs = time.leftMs() - time.homewardMs
      return (ran ??= runRound(health, { names, env, clock, budgetMs }))
    },
    hasRun: () => ran !== undefined,
  }
}

/** Takes a poll through a store: a fresh snapshot, or a round of its own, or the wait for another's. */
export async function through(store: Store, { run }: Runner, id: string, time: PollTime): Promise<Reading> {
  const { leftMs, homewardMs, reachMs } = time
  const begun = await within(reachMs, store.begin(id))
  if (begun.kind === 'fresh') return begun.reading
  if (begun.kind === 'wait') return within(leftMs(), store.settled(leftMs() - homewardMs))
  const results = await run(begun.lease.checks)
  return within(Math.max(homewardMs, Math.min(leftMs(), reachMs)), store.complete(begun.lease, results))
}

/**
 * Makes the way in which polls of one cell are answered: from the last settled snapshot that this process keeps, else
 * from the store, running a round where the store gives the lease of one. When the store cannot be reached the checks
 * are run all the same, coalesced by a cell of this process: losing the store never costs the answer.
 */
export function poller(health: Health<never>, { clock, storeOf, newId, warn }: PollerOptions): Poll {
  const local = memory(health, clock.now)
  const last = kept(health, clock)
  let lastState: Report['state'] = 'shared'

  async function refresh(env: unknown): Promise<readonly [Reading, Report['state']]> {
    const time = pollTime(health.deadlineMs, clock)
    const runner = runnerOf(health, env, clock, time)
    try {
      return [await through(storeOf(env), runner, newId(), time), 'shared']
    } catch (error) {
      warn(lostStore(error, env))
      // With no time left to run anything, what the local cell knows must do.
      const canRun = runner.hasRun() || time.leftMs() > time.homewardMs
      return [await (canRun ? through(local, runner, newId(), time) : local.settled(0)), 'local']
    }
  }

  return async (env, { waitUntil }) => {
    const fresh = last.fresh()
    if (fresh !== undefined) return report(health, fresh, lastState)
    const polling = refresh(env)
    waitUntil(polling)
    const [reading, state] = await polling
    last.keep(reading)
    lastState = state
    return report(health, reading, state)
  }
}

/** What to say when a store could not be reached. */
export function lostStore(error: unknown, env: unknown): string {
  const reason = redactor(env)(describe(error))
  return `allclear: the store of the state could not be reached, so this process checks by itself: ${reason}`
}
