import type { Reading, Result } from '../core/cell.ts'
import type { MeasureDisk } from '../core/check.ts'
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
import { steadyReport } from './steady-report.ts'

/** Who polls. */
export interface Caller {
  /** Keeps work going when the caller hangs up. */
  readonly waitUntil: (work: Promise<unknown>) => void
  /** What was asked; nobody asks for a background round. */
  readonly request?: Request
  /** How long the caller itself can wait, in milliseconds, where that may be less than `deadlineMs`. */
  readonly leftMs?: number
  /** What the caller takes for fresh, in milliseconds. Default `ttlMs`. */
  readonly ttlMs?: number | undefined
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
  /** Whose state it is, as long as the store answers. Default `shared`. */
  readonly state?: Report['state']
  /** The disks of the machine that this is, if it has any. */
  readonly diskUsage?: MeasureDisk | undefined
}

/** Runs the round of one poll, if it comes to that. */
export interface Runner {
  /** Runs these checks for as long as the poll has time. A round that no store took back is not run again. */
  readonly run: (names: readonly string[]) => Promise<Record<string, Result>>
  readonly hasRun: () => boolean
}

/** What a runner needs of the process and of the poll. */
export interface RunnerOptions extends Pick<PollerOptions, 'clock' | 'diskUsage'> {
  readonly env: unknown
  readonly time: PollTime
}

export function runnerOf(health: Health<never>, { env, clock, time, diskUsage }: RunnerOptions): Runner {
  let ran: Promise<Record<string, Result>> | undefined
  return {
    run: (names) => {
      const budgetMs = time.leftMs() - time.homewardMs
      return (ran ??= runRound(health, { names, env, clock, budgetMs, diskUsage }))
    },
    hasRun: () => ran !== undefined,
  }
}

/** Who asks a store. */
export interface Asker {
  readonly id: string
  /** What it takes for fresh, in milliseconds. Default `ttlMs`. */
  readonly ttlMs?: number | undefined
}

/** A store is to give up a little before nobody listens any more, so that nothing is left running behind the answer. */
const HEARD = 0.9

/** Takes a poll through a store: a fresh snapshot, or a round of its own, or the wait for another's. */
export async function through(
  store: Store,
  { run }: Runner,
  { id, ttlMs }: Asker,
  time: PollTime,
): Promise<Reading> {
  const { leftMs, homewardMs, reachMs } = time
  const begun = await within(reachMs, store.begin(id, { ttlMs, withinMs: reachMs * HEARD }))
  if (begun.kind === 'fresh') return begun.reading
  if (begun.kind === 'wait') return within(leftMs(), store.settled(leftMs() - homewardMs))
  const results = await run(begun.lease.checks)
  const withinMs = Math.max(homewardMs, Math.min(leftMs(), reachMs))
  return within(withinMs, store.complete(begun.lease, results, null, withinMs * HEARD))
}

/** Takes a poll through this process's own cell; with no time left to run anything, what that cell knows must do. */
export function throughLocal(local: Store, runner: Runner, asker: Asker, time: PollTime): Promise<Reading> {
  const canRun = runner.hasRun() || time.leftMs() > time.homewardMs
  return canRun ? through(local, runner, asker, time) : local.settled(0)
}

/**
 * Makes the way in which polls of one cell are answered: from the last settled snapshot that this process keeps, else
 * from the store, running a round where the store gives the lease of one. When the store cannot be reached the checks
 * are run all the same, coalesced by a cell of this process: losing the store never costs the answer.
 */
export function poller(
  health: Health<never>,
  { clock, storeOf, newId, warn, state = 'shared', diskUsage }: PollerOptions,
): Poll {
  const local = memory(health, clock.now)
  const last = kept(health, clock)
  const steady = steadyReport(health, clock)
  let lastState = state

  async function refresh(
    env: unknown,
    { leftMs = Infinity, ttlMs }: Caller,
  ): Promise<readonly [Reading, Report['state']]> {
    const time = pollTime(Math.min(health.deadlineMs, leftMs), clock)
    const runner = runnerOf(health, { env, clock, time, diskUsage })
    try {
      return [await through(storeOf(env), runner, { id: newId(), ttlMs }, time), state]
    } catch (error) {
      const reason = reasonOf(error, env)
      warn(
        `allclear: the store of the state could not be reached, so this process checks by itself: ${reason}`,
      )
      return [await throughLocal(local, runner, { id: newId(), ttlMs }, time), 'local']
    }
  }

  return async (env, caller) => {
    const same = caller.ttlMs === undefined ? steady.get() : undefined
    if (same !== undefined) return same
    const fresh = last.fresh(caller.ttlMs)
    if (fresh !== undefined) return steady.keep(report(health, fresh, lastState))
    const polling = refresh(env, caller)
    caller.waitUntil(polling)
    const [reading, its] = await polling
    last.keep(reading)
    lastState = its
    return steady.keep(report(health, reading, its))
  }
}

/** Why a store could not be reached, free of secrets. */
export function reasonOf(error: unknown, env: unknown): string {
  return redactor(env)(describe(error))
}
