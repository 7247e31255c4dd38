import { type Begun, EMPTY_CELL, type Reading } from '../core/cell.ts'
import type { Health } from '../core/define.ts'
import { foldRegions } from '../core/quorum.ts'
import type { Region } from '../core/region.ts'
import { type RegionReport, type Report, report } from '../core/report.ts'
import { memory } from '../stores/memory.ts'
import type { Store } from '../stores/store.ts'
import { kept } from './kept.ts'
import { type Caller, type Poll, type PollerOptions, reasonOf, runnerOf, throughLocal } from './poll.ts'
import { type PollTime, pollTime, within } from './poll-time.ts'
import { steadyReport } from './steady-report.ts'

/** A region's cell, which has its rounds run in its own place. */
export interface RegionCell extends Pick<Store, 'settled'> {
  readonly ensure: () => Promise<Begun>
}

export interface RegionalPollerOptions extends Pick<PollerOptions, 'clock' | 'newId' | 'warn'> {
  /** The cell of a region. It may throw where it cannot be had. */
  readonly cellOf: (env: unknown, region: Region, caller: Caller) => RegionCell
}

/**
 * Makes the way in which polls of several regions are answered: each region from the snapshot that this process keeps
 * or from its cell, all at once, then the quorum of them. A region that does not answer is unknown; when none does,
 * this process checks by itself.
 */
export function regionalPoller(
  health: Health<never>,
  { clock, newId, warn, cellOf }: RegionalPollerOptions,
): Poll {
  const regions = health.regions.map((region) => ({ region, last: kept(health, clock), lostAt: -Infinity }))
  const local = memory(health, clock.now)
  const steady = steadyReport(health, clock)

  /** What a region knows, or nothing when it is lost; then it is left in peace for `ttlMs`. */
  async function ask(
    state: (typeof regions)[number],
    env: unknown,
    caller: Caller,
    { leftMs, homewardMs, reachMs }: PollTime,
  ): Promise<Reading | undefined> {
    const fresh = state.last.fresh()
    if (fresh !== undefined) return fresh
    if (Math.abs(clock.now() - state.lostAt) < health.ttlMs) return undefined
    try {
      const cell = cellOf(env, state.region, caller)
      const begun = await within(reachMs, cell.ensure())
      const reading =
        begun.kind === 'fresh' ? begun.reading : await within(leftMs(), cell.settled(leftMs() - homewardMs))
      state.last.keep(reading)
      return reading
    } catch (error) {
      state.lostAt = clock.now()
      warn(`allclear: region ${state.region} did not answer: ${reasonOf(error, env)}`)
      return undefined
    }
  }

  const fold = (readings: readonly (Reading | undefined)[]): Report =>
    foldRegions(
      health,
      regions.map(({ region }, index) => regionReport(health, region, readings[index], clock.now())),
    )

  async function poll(env: unknown, caller: Caller): Promise<Report> {
    const time = pollTime(Math.min(health.deadlineMs, caller.leftMs ?? Infinity), clock)
    const readings = await Promise.all(regions.map((state) => ask(state, env, caller, time)))
    if (readings.some((reading) => reading !== undefined)) return fold(readings)
    const runner = runnerOf(health, { env, clock, time })
    const reading = await throughLocal(local, runner, { id: newId() }, time)
    return { ...report(health, reading, 'local'), regions: fold(readings).regions }
  }

  return async (env, caller) => {
    const same = steady.get()
    if (same !== undefined) return same
    const readings = regions.map(({ last }) => last.fresh())
    if (readings.every((reading) => reading !== undefined)) return steady.keep(fold(readings))
    const polling = poll(env, caller)
    caller.waitUntil(polling)
    return polling
  }
}

function regionReport(
  health: Health<never>,
  region: Region,
  reading: Reading | undefined,
  now: number,
): RegionReport {
  const known = reading ?? { snapshot: EMPTY_CELL, now }
  return { region, colo: known.snapshot.colo, report: report(health, known, 'shared') }
}
