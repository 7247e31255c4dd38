import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Check } from '../../src/core/check.ts'
import { type HealthOptions, defineHealth } from '../../src/core/define.ts'
import type { Region } from '../../src/core/region.ts'
import type { Report } from '../../src/core/report.ts'
import type { Caller } from '../../src/http/poll.ts'
import { type RegionCell, regionalPoller } from '../../src/http/poll-regions.ts'
import { runRound } from '../../src/probe/round.ts'
import { memory } from '../../src/stores/memory.ts'
import { checkOf, hanging } from '../health.ts'

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }))
afterEach(() => void vi.useRealTimers())

const REGIONS = ['weur', 'enam', 'apac'] as const satisfies Region[]
const COLOS: Readonly<Record<string, string>> = { weur: 'AMS', enam: 'IAD', apac: 'HKG' }

const clock = { now: () => Date.now(), elapsed: () => performance.now() }
const never = new Promise<never>(() => {})
const env = { TOKEN: 'planted-token' }
const reset = () => Promise.reject(new Error('reset by planted-token'))
const request = new Request('http://localhost/readyz')
const detached: Caller = { waitUntil: (work) => void work, request }

/** How a region can be lost. */
const LOSSES = {
  'cannot be had': () => {
    throw new Error('no object for planted-token')
  },
  refuses: (cell) => ({ ...cell, ensure: reset }),
  hangs: (cell) => ({ ...cell, ensure: () => never }),
  'breaks while polls wait': (cell) => ({ ...cell, settled: reset }),
  'never tells the end of a round': (cell) => ({ ...cell, settled: () => never }),
} as const satisfies Readonly<Record<string, (cell: RegionCell) => RegionCell>>

type Loss = keyof typeof LOSSES
const EVERY_LOSS = Object.keys(LOSSES) as readonly Loss[]

/** A check that takes this long, and counts where it is run; where it runs in no region it says `here`. */
function answering(ms: number) {
  const runs: string[] = []
  const bad = new Set<string>()
  const check = checkOf(async ({ region = 'here' }) => {
    runs.push(region)
    await new Promise((resolve) => setTimeout(resolve, ms))
    if (bad.has(region)) throw new Error('refused')
  })
  return { ...check, runs, bad }
}

/** Cells of regions that have their rounds run in their own places, and processes that ask them. */
function regional(checks: Record<string, Check<any>>, options: Partial<HealthOptions<any>> = {}) {
  const health = defineHealth({ regions: REGIONS, ...options, checks })
  const { deadlineMs } = health
  const lost = new Map<string, Loss>()
  let isHomeCut = false
  const asked: string[] = []
  const warnings: string[] = []
  let ids = 0
  const newId = () => `id ${(ids += 1)}`

  const cells = Object.fromEntries(
    health.regions.map((region) => {
      const store = memory(health, clock.now)
      const ensure: RegionCell['ensure'] = async () => {
        const begun = await store.begin(newId())
        if (begun.kind !== 'lease') return begun
        const { lease } = begun
        // It ends early enough for its results to come home, and from there to who waits.
        const budgetMs = deadlineMs * 0.8
        const round = runRound(health, { names: lease.checks, env, clock, budgetMs, region })
        void round.then((results) => (isHomeCut ? undefined : store.complete(lease, results, COLOS[region])))
        return { kind: 'wait', forMs: deadlineMs }
      }
      return [region, { ensure, settled: store.settled }] as const
    }),
  )

  const cellOf = (given: unknown, region: Region, caller: Caller): RegionCell => {
    expect([given, caller.request]).toEqual([env, request])
    asked.push(region)
    const loss = lost.get(region)
    const cell = cells[region] as RegionCell
    return loss === undefined ? cell : LOSSES[loss](cell)
  }
  const start = () =>
    regionalPoller(health, { clock, newId, cellOf, warn: (message) => void warnings.push(message) })

  const poll = start()
  return {
    asked,
    warnings,
    start,
    poll: () => poll(env, detached),
    /** One poll, and so much time for it. */
    pollFor: async (ms: number) => answerOf(poll(env, detached), ms),
    lose: (loss: Loss, ...regions: readonly Region[]) => {
      for (const region of regions) lost.set(region, loss)
    },
    find: () => lost.clear(),
    /** From now on no round comes home to its cell. */
    cutTheWayHome: () => void (isHomeCut = true),
  }
}

/** The answer of a poll that must come within this time, which passes. */
async function answerOf(polled: Promise<Report>, ms: number): Promise<Report> {
  let isAnswered = false
  const answer = polled.finally(() => (isAnswered = true))
  answer.catch(() => {})
  await vi.advanceTimersByTimeAsync(ms)
  if (!isAnswered) throw new Error(`no answer within ${ms} ms`)
  return answer
}

function statusesOf({ regions }: Report): Record<string, string> {
  return Object.fromEntries(regions.map(({ region, report }) => [region, report.status]))
}

describe('where all regions answer', () => {
  test('each runs its round in its own place, and the report is their quorum', async () => {
    const check = answering(100)
    check.bad.add('apac')
    const report = await regional({ check }).pollFor(110)
    expect(check.runs.toSorted()).toEqual(['apac', 'enam', 'weur'])
    expect(report).toMatchObject({
      status: 'degraded',
      state: 'shared',
      checks: [{ name: 'check', status: 'degraded', detail: 'unhealthy in apac' }],
      regions: [
        { region: 'weur', colo: 'AMS', report: { status: 'healthy' } },
        { region: 'enam', colo: 'IAD', report: { status: 'healthy' } },
        { region: 'apac', colo: 'HKG', report: { status: 'unhealthy' } },
      ],
    })
  })

  test('100 polls at once over many processes cost one round each', async () => {
    const check = answering(100)
    const { start } = regional({ check })
    const polls = Array.from({ length: 100 }, () => start()(env, detached))
    await vi.advanceTimersByTimeAsync(110)
    const reports = await Promise.all(polls)
    expect(new Set(reports.map(({ status }) => status))).toEqual(new Set(['healthy']))
    expect(check.runs.toSorted()).toEqual(['apac', 'enam', 'weur'])
  })

  test('they are asked all at once', async () => {
    const { asked, poll } = regional({ check: answering(100) })
    const polled = poll()
    expect(asked).toEqual(['weur', 'enam', 'apac'])
    await answerOf(polled, 110)
  })

  test('within ttlMs nobody is asked, and past it there is one round each', async () => {
    const check = answering(0)
    const { asked, poll, pollFor } = regional({ check }, { ttlMs: 5000 })
    await pollFor(10)
    await vi.advanceTimersByTimeAsync(4980)
    for (let index = 0; index < 1000; index += 1) await poll()
    expect([asked.length, check.runs.length]).toEqual([3, 3])
    await vi.advanceTimersByTimeAsync(20)
    await pollFor(10)
    expect([asked.length, check.runs.length]).toEqual([6, 6])
  })

  test('a process that is new asks, and causes no round', async () => {
    const check = answering(0)
    const { asked, pollFor, start } = regional({ check })
    await pollFor(10)
    const report = await answerOf(start()(env, detached), 0)
    expect([asked.length, check.runs.length, report.status]).toEqual([6, 3, 'healthy'])
  })

  test('the age of kept snapshots grows', async () => {
    const { poll, pollFor } = regional({ check: answering(0) })
    await pollFor(10)
    await vi.advanceTimersByTimeAsync(802)
    expect(await poll()).toMatchObject({ checkedAt: 1_000_000, ageMs: 812, nextRoundMs: 4188 })
  })

  test('a caller that hangs up does not end the poll that others may need', async () => {
    const kept: Promise<unknown>[] = []
    const poll = regional({ check: answering(100) }).start()
    const caller: Caller = { waitUntil: (work) => void kept.push(work), request }
    await answerOf(poll(env, caller), 110)
    expect(kept).toHaveLength(1)
    await kept[0]
    await poll(env, caller)
    expect(kept).toHaveLength(1)
  })
})

describe('a region that', () => {
  describe.each(EVERY_LOSS)('%s', (loss) => {
    test('is unknown, and the others answer, in time', async () => {
      const { lose, pollFor } = regional({ check: answering(100) }, { deadlineMs: 3000 })
      lose(loss, 'enam')
      const report = await pollFor(3000)
      expect(report).toMatchObject({ status: 'healthy', state: 'shared', checks: [{ status: 'healthy' }] })
      expect(statusesOf(report)).toEqual({ weur: 'healthy', enam: 'unknown', apac: 'healthy' })
      expect(report.regions[1]).toMatchObject({
        colo: null,
        report: { checkedAt: null, ageMs: null, checks: [{ detail: 'not run yet' }] },
      })
    })

    test('is unknown even if it answered before', async () => {
      const { lose, pollFor } = regional({ check: answering(10) }, { deadlineMs: 3000 })
      await pollFor(20)
      lose(loss, 'enam')
      await vi.advanceTimersByTimeAsync(5000)
      expect(statusesOf(await pollFor(3000))).toMatchObject({ enam: 'unknown', apac: 'healthy' })
    })

    test('leaves the quorum out of reach when another is lost, too', async () => {
      const { lose, pollFor } = regional({ check: answering(100) }, { deadlineMs: 3000 })
      lose(loss, 'enam', 'apac')
      expect(await pollFor(3000)).toMatchObject({ status: 'unknown', state: 'shared' })
    })

    test('is named in one warning that is free of secrets', async () => {
      const { lose, pollFor, warnings } = regional({ check: answering(100) }, { deadlineMs: 3000 })
      lose(loss, 'enam')
      await pollFor(3000)
      expect(warnings).toHaveLength(1)
      expect(warnings[0]).toMatch(/^allclear: region enam did not answer: /)
      expect(warnings[0]).not.toContain('planted-token')
    })

    test('is not asked again within ttlMs, and is believed again after', async () => {
      const options = { deadlineMs: 3000, ttlMs: 5000 }
      const { asked, find, lose, poll, pollFor, warnings } = regional({ check: answering(10) }, options)
      lose(loss, 'enam')
      await pollFor(3000)
      find()
      // The others are fresh for the rest of their ttlMs.
      asked.length = 0
      for (let index = 0; index < 100; index += 1) {
        expect(statusesOf(await poll())).toEqual({ weur: 'healthy', enam: 'unknown', apac: 'healthy' })
      }
      expect([asked, warnings.length]).toEqual([[], 1])
      await vi.advanceTimersByTimeAsync(5000)
      expect(statusesOf(await pollFor(20))).toEqual({ weur: 'healthy', enam: 'healthy', apac: 'healthy' })
    })
  })
})

describe('a lost region', () => {
  test('stays in peace while the others are asked', async () => {
    const { asked, find, lose, pollFor } = regional(
      { check: answering(10) },
      { deadlineMs: 900, ttlMs: 1000 },
    )
    lose('hangs', 'enam')
    await pollFor(450) // Lost not before 300, when the others are 290 old.
    find()
    asked.length = 0
    await vi.advanceTimersByTimeAsync(650)
    await pollFor(20)
    expect(asked).toEqual(['weur', 'apac'])
    await vi.advanceTimersByTimeAsync(380)
    await pollFor(20)
    expect(asked).toEqual(['weur', 'apac', 'enam'])
  })

  test('is asked again when the clock was stepped back', async () => {
    const { asked, lose, pollFor } = regional({ check: answering(10) })
    lose('refuses', 'enam')
    await pollFor(20)
    asked.length = 0
    vi.setSystemTime(5000)
    await pollFor(20)
    expect(asked).toContain('enam')
  })

  test.each<[loss: Loss, ms: number, deadlineMs: number]>([
    ['cannot be had', 100, 10_000],
    ['refuses', 100, 10_000],
    ['breaks while polls wait', 100, 10_000],
    ['hangs', 5000, 10_000],
    ['hangs', 1500, 3000],
    ['never tells the end of a round', 3000, 3000],
  ])('that %s costs a poll no more than %d ms of its %d', async (loss, ms, deadlineMs) => {
    const { lose, pollFor } = regional({ check: answering(100) }, { deadlineMs })
    lose(loss, 'apac')
    expect(await pollFor(ms)).toMatchObject({ status: 'healthy' })
  })
})

describe('when every region is lost', () => {
  const quick = EVERY_LOSS.filter((loss) => loss !== 'never tells the end of a round')

  test.each(quick)('as it %s, the checks are run here, once', async (loss) => {
    const check = answering(10)
    const { lose, poll, pollFor, warnings } = regional({ check }, { deadlineMs: 3000 })
    lose(loss, ...REGIONS)
    const report = await pollFor(3000)
    expect(report).toMatchObject({ status: 'healthy', state: 'local', checks: [{ status: 'healthy' }] })
    expect(statusesOf(report)).toEqual({ weur: 'unknown', enam: 'unknown', apac: 'unknown' })
    await poll()
    expect(check.runs.filter((where) => where === 'here')).toEqual(['here'])
    expect(warnings).toHaveLength(3)
    expect(warnings.join()).not.toContain('planted-token')
  })

  test('the quorum does not ask for more than what is run here', async () => {
    const check = answering(10)
    check.bad.add('here')
    const { lose, pollFor } = regional({ check }, { quorum: 'all' })
    lose('refuses', ...REGIONS)
    expect(await pollFor(20)).toMatchObject({ status: 'unhealthy', checks: [{ detail: 'error' }] })
  })

  test('polls of one process share a round, and within ttlMs there is no other', async () => {
    const check = answering(100)
    const { lose, poll } = regional({ check }, { ttlMs: 5000 })
    lose('refuses', ...REGIONS)
    const polls = Array.from({ length: 50 }, () => poll())
    await vi.advanceTimersByTimeAsync(200)
    await Promise.all(polls)
    await vi.advanceTimersByTimeAsync(4800)
    await poll()
    expect(check.runs).toEqual(['here'])
  })

  test('each is asked again after ttlMs, and believed', async () => {
    const { find, lose, pollFor } = regional({ check: answering(10) }, { ttlMs: 5000 })
    lose('refuses', ...REGIONS)
    expect(await pollFor(20)).toMatchObject({ state: 'local' })
    find()
    await vi.advanceTimersByTimeAsync(5000)
    expect(await pollFor(20)).toMatchObject({ status: 'healthy', state: 'shared' })
  })

  test('as it never tells the end of a round, that costs the deadline, and nothing is made up', async () => {
    const { lose, pollFor } = regional({ check: answering(10) }, { deadlineMs: 3000 })
    lose('never tells the end of a round', ...REGIONS)
    expect(await pollFor(3000)).toMatchObject({ status: 'unknown', state: 'local', checkedAt: null })
  })

  test('and no time is left for a round here, the next poll runs it', async () => {
    const check = answering(10)
    const { lose, pollFor } = regional({ check }, { deadlineMs: 3000 })
    lose('never tells the end of a round', ...REGIONS)
    await pollFor(3001)
    expect(await pollFor(20)).toMatchObject({ status: 'healthy', state: 'local' })
  })
})

describe('no poll outlasts the deadline', () => {
  test('when a round does not end, and what its region knew before still holds', async () => {
    const { cutTheWayHome, pollFor, warnings } = regional({ check: answering(10) }, { deadlineMs: 3000 })
    await pollFor(10)
    cutTheWayHome()
    await vi.advanceTimersByTimeAsync(5000)
    const report = await pollFor(3000)
    expect(report).toMatchObject({ status: 'healthy', state: 'shared', checkedAt: 1_000_010 })
    expect(warnings).toEqual([])
  })

  test('when a check hangs, and the report is partial', async () => {
    const checks = { quick: answering(10), deaf: hanging() }
    const report = await regional(checks, { deadlineMs: 2000 }).pollFor(2000)
    expect(report).toMatchObject({
      status: 'unknown',
      state: 'shared',
      checks: [
        { name: 'quick', status: 'healthy' },
        { name: 'deaf', status: 'unknown', detail: 'timeout' },
      ],
    })
  })

  test('when a check hangs here, as all regions hang', async () => {
    const { lose, pollFor } = regional({ quick: answering(10), deaf: hanging() }, { deadlineMs: 3000 })
    lose('hangs', ...REGIONS)
    expect(await pollFor(3000)).toMatchObject({
      status: 'unknown',
      state: 'local',
      checks: [{ status: 'healthy' }, { status: 'unknown', detail: 'timeout' }],
    })
  })

  test('when every region is lost, each in another way', async () => {
    const { lose, pollFor } = regional({ deaf: hanging() }, { deadlineMs: 3000 })
    lose('hangs', 'weur')
    lose('never tells the end of a round', 'enam')
    lose('refuses', 'apac')
    expect(await pollFor(3000)).toMatchObject({ status: 'unknown', state: 'local' })
  })
})
