import { EMPTY_CELL, type Reading } from '../core/cell.ts'
import type { Machine } from '../core/check.ts'
import type { Health } from '../core/define.ts'
import { foldRegions } from '../core/quorum.ts'
import type { Region } from '../core/region.ts'
import { type RegionReport, type Report, report } from '../core/report.ts'
import type { Clock } from '../drivers/clock.ts'
import { reasonOf } from '../probe/secrets.ts'
import { memory } from '../stores/memory.ts'
import type { Store } from '../stores/store.ts'
import { type Attempt, readCell, readLocalCell, startAttempt } from './attempt.ts'
import { type LastReading, lastReading } from './last-reading.ts'
import { newcomersOf } from './newcomers.ts'
import { steadyReport } from './steady-report.ts'
import { type PollTime, pollTime } from './time.ts'

/** The caller of one poll. */
export interface Caller {
  /** Keeps work going after the caller hangs up. */
  readonly waitUntil: (work: Promise<unknown>) => void
  /** The request that is answered. A background round has none. */
  readonly request?: Request
  /** How long the caller can wait, in milliseconds. Default `deadlineMs`, which is also the most. */
  readonly leftMs?: number
  /** The age, in milliseconds, below which a snapshot counts as fresh. Default: the `ttlMs` of the definition. */
  readonly ttlMs?: number | undefined
}

/** Answers one poll. It answers at once when this process holds a steady report. */
export type Poll = (env: unknown, caller: Caller) => Report | Promise<Report>

/** A cell to poll. */
export interface PolledCell {
  /** Default none: the one cell of a definition without regions. */
  readonly region?: Region | undefined
  /**
   * The store of the cell. It may throw. A regional one never gives a lease: its object has the round run in the
   * region.
   */
  readonly storeOf: (env: unknown, caller: Caller) => Store
}

export interface PollerOptions {
  readonly clock: Clock
  /** One cell with no region, or one for each region of the definition. */
  readonly cells: readonly PolledCell[]
  readonly newId: () => string
  /** Takes a line, free of secrets, for each cell that cannot be reached. */
  readonly warn: (message: string) => void
  /** The abilities of this process beyond `fetch`. Default none. */
  readonly machine?: Machine | undefined
  /** Whether work goes on behind an answer. Default `true`. */
  readonly canWorkBehind?: boolean | undefined
  /** How a report names the state of the one cell, as long as its store answers. Default `shared`. */
  readonly state?: Report['state'] | undefined
}

/** A cell with the memory that this process has of it. */
interface KnownCell extends PolledCell {
  readonly last: LastReading
  /** When its store last failed. */
  lostAt: number
}

type MaybeReading = Reading | undefined

/**
 * Makes the one way to answer polls. Each cell is read from memory while its last snapshot is fresh, and otherwise from
 * its store, all cells at once. Regions are folded by their quorum; a region that cannot be reached is `unknown`. When
 * no cell can be reached, this process runs the checks itself, coalesced by a cell in its memory: losing the store never
 * costs the answer.
 */
export function poller(health: Health<never>, options: PollerOptions): Poll {
  const { clock, newId, warn, machine = {}, state = 'shared', canWorkBehind = true } = options
  const cells = options.cells.map((cell): KnownCell => ({
    ...cell,
    last: lastReading(health, clock),
    lostAt: -Infinity,
  }))
  const isRegional = cells.some(({ region }) => region !== undefined)
  const steady = steadyReport(clock)
  const newcomers = newcomersOf(health, clock)
  /** The cell of this process, while no other can be reached. */
  let local: Store | undefined
  let revalidatedAt = -Infinity

  /** Gives nothing where the cell cannot be reached. It is then left alone for `ttlMs`. */
  async function read(
    cell: KnownCell,
    env: unknown,
    caller: Caller,
    attempt: Attempt,
  ): Promise<MaybeReading> {
    const { ttlMs = health.ttlMs } = caller
    const fresh = cell.last.fresh(ttlMs)
    if (fresh !== undefined) return fresh
    if (Math.abs(clock.now() - cell.lostAt) < ttlMs) return undefined
    try {
      const found = await readCell(cell.storeOf(env, caller), attempt)
      const reading = await newcomers(found, (known) => attemptOf(env, caller, attempt.time, known))
      cell.last.keep(reading)
      return reading
    } catch (error) {
      cell.lostAt = clock.now()
      warn(`allclear: ${lossOf(cell)}: ${reasonOf(error, env)}`)
      return undefined
    }
  }

  function attemptOf(
    env: unknown,
    { ttlMs }: Caller,
    time: PollTime,
    known: Health<never> = health,
  ): Attempt {
    return startAttempt(known, { id: newId(), ttlMs, time, env, clock, machine })
  }

  function regionReports(readings: readonly MaybeReading[]): RegionReport[] {
    return cells.flatMap(({ region }, index) => {
      if (region === undefined) return []
      const reading = readings[index] ?? { snapshot: EMPTY_CELL, now: clock.now() }
      return [{ region, colo: reading.snapshot.colo, report: report(health, reading, 'shared') }]
    })
  }

  function reportOf(readings: readonly MaybeReading[]): Report {
    const [only] = readings
    return isRegional || only === undefined
      ? foldRegions(health, regionReports(readings))
      : report(health, only, state)
  }

  async function localReport(attempt: Attempt): Promise<Report> {
    // The last known breakers stay open: losing the store sends no traffic to a dependency that is down.
    const known = cells.map(({ last }) => last.fresh(Infinity)).find((reading) => reading !== undefined)
    local ??= memory(health, clock.now, { ...EMPTY_CELL, checks: known?.snapshot.checks ?? {} })
    const reading = await readLocalCell(local, attempt)
    // The round of this process stands in for one of each cell, so within `ttlMs` of it none is asked for another.
    const { settledAt } = reading.snapshot
    for (const cell of cells) cell.lostAt = Math.max(cell.lostAt, settledAt ?? -Infinity)
    return { ...report(health, reading, 'local'), regions: regionReports([]) }
  }

  async function pollCells(env: unknown, caller: Caller): Promise<Report> {
    const time = pollTime(Math.min(health.deadlineMs, caller.leftMs ?? Infinity), clock)
    const attempt = attemptOf(env, caller, time)
    const readings = await Promise.all(cells.map((cell) => read(cell, env, caller, attempt)))
    const isReached = readings.some((reading) => reading !== undefined)
    if (isReached) local = undefined
    return steady.keep(isReached ? reportOf(readings) : await localReport(attempt))
  }

  /** The last report while a round runs behind it, for so long as the definition allows. */
  function revalidating(env: unknown, caller: Caller): Report | undefined {
    const { ttlMs, staleWhileRevalidateMs, deadlineMs } = health
    if (!canWorkBehind || staleWhileRevalidateMs === 0 || caller.ttlMs !== undefined) return undefined
    const readings = cells.map(({ last }) => last.fresh(ttlMs + staleWhileRevalidateMs))
    if (readings.some((reading) => reading === undefined)) return undefined
    // The invocation that began the last one may have died.
    if (Math.abs(clock.now() - revalidatedAt) >= deadlineMs) {
      revalidatedAt = clock.now()
      const work = pollCells(env, caller).finally(() => (revalidatedAt = -Infinity))
      caller.waitUntil(work.catch((error: unknown) => warn(`allclear: ${reasonOf(error, env)}`)))
    }
    return reportOf(readings)
  }

  return (env, caller) => {
    const same = caller.ttlMs === undefined ? steady.get() : undefined
    if (same !== undefined) return same
    const readings = cells.map(({ last }) => last.fresh(caller.ttlMs))
    if (readings.every((reading) => reading !== undefined)) return steady.keep(reportOf(readings))
    const old = revalidating(env, caller)
    if (old !== undefined) return old
    const polling = pollCells(env, caller)
    caller.waitUntil(polling)
    return polling
  }
}

function lossOf({ region }: PolledCell): string {
  return region === undefined
    ? 'the store of the state could not be reached, so this process checks by itself'
    : `region ${region} did not answer`
}
