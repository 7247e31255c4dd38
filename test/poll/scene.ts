import { afterEach, beforeEach, expect, vi } from 'vitest'
import type { Check } from '../../src/core/check.ts'
import { type HealthOptions, defineHealth } from '../../src/core/define.ts'
import type { Region } from '../../src/core/region.ts'
import type { Report } from '../../src/core/report.ts'
import type { Clock } from '../../src/drivers/clock.ts'
import { type Caller, type PolledCell, type PollerOptions, poller } from '../../src/poll/poller.ts'
import { runRound } from '../../src/probe/round.ts'
import { memory } from '../../src/stores/memory.ts'
import type { Store } from '../../src/stores/store.ts'
import { checkOf } from '../health.ts'

export const START = 1_000_000
export const REGIONS = ['weur', 'enam', 'apac'] as const satisfies Region[]
const COLOS: Readonly<Record<string, string>> = { weur: 'AMS', enam: 'IAD', apac: 'HKG' }
const env = { TOKEN: 'planted-token' }
const request = new Request('http://localhost/readyz')
const clock: Clock = { now: () => Date.now(), elapsed: () => performance.now() }
const never = new Promise<never>(() => {})
const reset = () => Promise.reject(new Error('reset by planted-token'))
const waiting = async () => ({ kind: 'wait', forMs: 1 }) as const

/** The ways in which a cell can be lost. */
const LOSSES = {
  'cannot be had': () => {
    throw new Error('no object for planted-token')
  },
  refuses: (store) => ({ ...store, begin: reset }),
  hangs: (store) => ({ ...store, begin: () => never }),
  'breaks while polls wait': (store) => ({ ...store, begin: waiting, settled: reset }),
  'never tells the end of a round': (store) => ({ ...store, begin: waiting, settled: () => never }),
  'refuses the results of a round': (store) => ({ ...store, complete: reset }),
  'hangs on the results of a round': (store) => ({ ...store, complete: () => never }),
} as const satisfies Readonly<Record<string, (store: Store) => Store>>

export type Loss = keyof typeof LOSSES

/** The losses of a cell whose rounds this process runs. */
export const ALL_LOSSES = Object.keys(LOSSES) as readonly Loss[]
/** The losses of a region, which runs its rounds itself. */
export const REGIONAL_LOSSES: readonly Loss[] = ALL_LOSSES.filter((loss) => !loss.includes('results'))

/** Fakes the time of every test in the file. */
export function withFakeTime(): void {
  beforeEach(() => void vi.useFakeTimers({ now: START }))
  afterEach(() => void vi.useRealTimers())
}

export function after(ms: number): Promise<unknown> {
  return vi.advanceTimersByTimeAsync(ms)
}

/** A check that takes this long. It counts the places that it runs in, and fails in the bad ones. */
export function answering(ms: number) {
  const runs: string[] = []
  const bad = new Set<string>()
  const check = checkOf(async ({ region = 'here' }) => {
    runs.push(region)
    await new Promise((resolve) => setTimeout(resolve, ms))
    if (bad.has(region)) throw new Error('refused')
  })
  return { ...check, runs, bad }
}

/** One process, which keeps its own last snapshots as an isolate does. */
export interface Process {
  readonly poll: (caller?: Partial<Caller>) => Report | Promise<Report>
  /** A poll that must be answered while this much time passes. */
  readonly pollFor: (ms: number, caller?: Partial<Caller>) => Promise<Report>
}

/** The cells of a definition, and the processes that poll them. */
export interface PollScene extends Process {
  readonly start: () => Process
  /** The cell of each call for a store: `here`, or the region. */
  readonly asked: string[]
  readonly warnings: string[]
  /** Loses these regions, or with none the one cell. */
  readonly lose: (loss: Loss, ...regions: readonly Region[]) => void
  readonly find: () => void
  /** From now on no round of a region brings its results to its cell. */
  readonly cutDeliveries: () => void
}

/** A scene with one cell, or with one for each region of the options. `wrap` may watch or change each store. */
export function sceneOf(
  checks: Readonly<Record<string, Check<any>>>,
  options: Partial<HealthOptions<any>> = {},
  { wrap = (store) => store, ...polling }: { wrap?: (store: Store) => Store } & Partial<PollerOptions> = {},
): PollScene {
  const health = defineHealth({ ...options, checks })
  const lost = new Map<string, Loss>()
  const asked: string[] = []
  const warnings: string[] = []
  let areDeliveriesCut = false
  let ids = 0
  const newId = (): string => `id ${(ids += 1)}`

  /** A store whose cell has its rounds run in the region. */
  function regionalStore(region: Region): Store {
    const store = memory(health, clock.now)
    return {
      ...store,
      begin: async (_, terms) => {
        const begun = await store.begin(newId(), terms)
        if (begun.kind !== 'lease') return begun
        const { lease } = begun
        // It ends early enough for the results to reach the cell, and then the polls that wait.
        const budgetMs = health.deadlineMs * 0.8
        const round = runRound(health, { names: lease.checks, env, clock, budgetMs, region })
        void round.then(async (results) => {
          if (!areDeliveriesCut) await store.complete(lease, results, COLOS[region])
        })
        return { kind: 'wait', forMs: health.deadlineMs }
      },
    }
  }

  function cellOf(store: Store, region?: Region): PolledCell {
    const name = region ?? 'here'
    return {
      region,
      storeOf: (given, caller) => {
        expect([given, caller.request]).toEqual([env, request])
        asked.push(name)
        const loss = lost.get(name)
        return loss === undefined ? store : LOSSES[loss](store)
      },
    }
  }

  const cells =
    health.regions.length === 0
      ? [cellOf(wrap(memory(health, clock.now)))]
      : health.regions.map((region) => cellOf(wrap(regionalStore(region)), region))

  function start(): Process {
    const warn = (message: string): void => void warnings.push(message)
    const answer = poller(health, { clock, cells, newId, warn, ...polling })
    const poll: Process['poll'] = (caller) =>
      answer(env, { waitUntil: (work) => void work, request, ...caller })
    return { poll, pollFor: (ms, caller) => answeredIn(ms, poll(caller)) }
  }

  return {
    ...start(),
    start,
    asked,
    warnings,
    lose: (loss, ...regions) => {
      for (const name of regions.length === 0 ? ['here'] : regions) lost.set(name, loss)
    },
    find: () => lost.clear(),
    cutDeliveries: () => void (areDeliveriesCut = true),
  }
}

async function answeredIn(ms: number, polled: Report | Promise<Report>): Promise<Report> {
  let isAnswered = false
  const answer = Promise.resolve(polled).finally(() => (isAnswered = true))
  answer.catch(() => {})
  await after(ms)
  if (!isAnswered) throw new Error(`no answer within ${ms} ms`)
  return answer
}

export function regionStatuses({ regions }: Report): Record<string, string> {
  return Object.fromEntries(regions.map(({ region, report }) => [region, report.status]))
}
