import { describe, expect, test, vi } from 'vitest'
import { checkOf, hanging } from '../health.ts'
import {
  ALL_LOSSES,
  REGIONAL_LOSSES,
  REGIONS,
  START,
  after,
  answering,
  regionStatuses,
  sceneOf,
  withFakeTime,
} from './scene.ts'

withFakeTime()

const ONE_CELL = { name: 'one cell', options: {}, places: ['here'], losses: ALL_LOSSES, lost: [] }
const THREE_REGIONS = {
  name: 'three regions',
  options: { regions: REGIONS },
  places: ['apac', 'enam', 'weur'],
  losses: REGIONAL_LOSSES,
  lost: REGIONS,
}

describe.each([ONE_CELL, THREE_REGIONS])('over $name', ({ options, places, losses, lost }) => {
  test('200 polls at once of many processes cost one round in each place', async () => {
    const check = answering(100)
    const { start } = sceneOf({ check }, options)
    const polls = Array.from({ length: 200 }, () => start().poll())
    await after(200)
    const reports = await Promise.all(polls.map(async (polled) => polled))
    expect(check.runs.toSorted()).toEqual(places)
    expect(new Set(reports.map(({ status, state }) => `${status} ${state}`))).toEqual(
      new Set(['healthy shared']),
    )
  })

  test('within ttlMs no store is asked, and past it there is one more round', async () => {
    const check = answering(0)
    const { asked, poll, pollFor } = sceneOf({ check }, { ...options, ttlMs: 5000 })
    await pollFor(10)
    await after(4980)
    for (let index = 0; index < 1000; index += 1) await poll()
    expect([asked.toSorted(), check.runs.toSorted()]).toEqual([places, places])
    await after(20)
    await pollFor(10)
    expect([asked.length, check.runs.length]).toEqual([2 * places.length, 2 * places.length])
  })

  test('a new process asks the stores and causes no round', async () => {
    const check = answering(0)
    const { asked, pollFor, start } = sceneOf({ check }, options)
    await pollFor(10)
    expect(await start().pollFor(0)).toMatchObject({ status: 'healthy' })
    expect([asked.length, check.runs.length]).toEqual([2 * places.length, places.length])
  })

  test('while only its age changes, a report is given at once, with the same checks', async () => {
    const { poll, pollFor } = sceneOf({ check: answering(0) }, options)
    const first = await pollFor(10)
    await after(802)
    const second = poll()
    expect(second).toMatchObject({ checkedAt: START, ageMs: 812, nextRoundMs: 4188 })
    expect((second as typeof first).checks).toBe(first.checks)
    expect(poll(), 'polls of one millisecond share one object').toBe(second)
  })

  test('a breaker whose wait is over stays open until its trial is under way', async () => {
    const failing = checkOf(() => Promise.reject(new Error('no')), {
      breaker: { failures: 1, resetAfterMs: 1000 },
    })
    const { poll, pollFor } = sceneOf({ failing }, options)
    await pollFor(5)
    await after(2000)
    expect((await poll()).checks[0]?.finding).toMatchObject({ breaker: 'open', detail: 'circuit open' })
  })

  test('a caller that hangs up does not end the round that others wait for', async () => {
    const works: Promise<unknown>[] = []
    const caller = { waitUntil: (work: Promise<unknown>) => void works.push(work) }
    const { poll, start } = sceneOf({ check: answering(100) }, options)
    void poll(caller)
    const other = start().pollFor(120)
    expect(await other).toMatchObject({ status: 'healthy', state: 'shared' })
    expect(works).toHaveLength(1)
    await works[0]
    await poll(caller)
    expect(works, 'an answer from memory needs no work').toHaveLength(1)
  })

  test('no poll outlasts the deadline, and the report is partial', async () => {
    const checks = { quick: answering(10), deaf: hanging({ timeoutMs: 1999 }) }
    expect(await sceneOf(checks, { ...options, deadlineMs: 2000 }).pollFor(2000)).toMatchObject({
      status: 'unknown',
      state: 'shared',
      checks: [
        { name: 'quick', finding: { status: 'healthy' } },
        { name: 'deaf', finding: { status: 'unknown', detail: 'timeout' } },
      ],
    })
  })

  test('a caller with less time is answered in that time', async () => {
    const checks = { quick: answering(10), deaf: hanging() }
    const { pollFor } = sceneOf(checks, { ...options, deadlineMs: 10_000 })
    await pollFor(2000, { leftMs: 2000 })
  })

  test('a caller that gives a shorter ttlMs gets a newer snapshot, from the store as well', async () => {
    const check = answering(0)
    const { pollFor, start } = sceneOf({ check }, { ...options, ttlMs: 60_000 })
    const other = start()
    await pollFor(10)
    await after(28_990)
    expect(await pollFor(0, { ttlMs: 30_000 })).toMatchObject({ ageMs: 29_000 })
    expect(check.runs).toHaveLength(places.length)
    await after(1000)
    await pollFor(10, { ttlMs: 30_000 })
    expect(check.runs).toHaveLength(2 * places.length)
    await after(29_000)
    await other.pollFor(10, { ttlMs: 30_000 })
    expect(check.runs).toHaveLength(2 * places.length)
    await after(1000)
    await other.pollFor(10, { ttlMs: 30_000 })
    expect(check.runs).toHaveLength(3 * places.length)
    await after(29_000)
    await pollFor(10)
    expect(check.runs, 'other callers still go by ttlMs').toHaveLength(3 * places.length)
  })

  describe('when no cell can be reached', () => {
    const quick = losses.filter((loss) => loss !== 'never tells the end of a round')

    test.each(quick)('as it %s, this process runs the checks once', async (loss) => {
      const check = answering(10)
      const { lose, poll, pollFor, warnings } = sceneOf({ check }, { ...options, deadlineMs: 3000 })
      lose(loss, ...lost)
      const report = await pollFor(4100)
      expect(report).toMatchObject({ status: 'healthy', state: 'local' })
      expect(regionStatuses(report)).toEqual(Object.fromEntries(lost.map((region) => [region, 'unknown'])))
      await poll()
      expect(check.runs).toEqual(['here'])
      expect(warnings).toHaveLength(places.length)
      expect(warnings.join()).not.toContain('planted-token')
    })

    test('as it never tells the end of a round, that costs the deadline, and nothing is made up', async () => {
      const check = answering(10)
      const { lose, pollFor } = sceneOf({ check }, { ...options, deadlineMs: 3000 })
      lose('never tells the end of a round', ...lost)
      const unknown = { status: 'unknown', state: 'local', checkedAt: null }
      expect(await pollFor(3000)).toMatchObject(unknown)
      expect(await pollFor(20), 'the next poll runs the checks').toMatchObject({ status: 'healthy' })
    })

    test('a check that hangs here is cut at the deadline', async () => {
      const checks = { quick: answering(10), deaf: hanging() }
      const { lose, pollFor } = sceneOf(checks, { ...options, deadlineMs: 3000 })
      lose('hangs', ...lost)
      expect(await pollFor(3000)).toMatchObject({
        status: 'unknown',
        state: 'local',
        checks: [{ finding: { status: 'healthy' } }, { finding: { status: 'unknown', detail: 'timeout' } }],
      })
    })

    test('polls of one process share a round, and within ttlMs there is no other', async () => {
      const check = answering(100)
      const { lose, poll } = sceneOf({ check }, { ...options, ttlMs: 5000 })
      lose('refuses', ...lost)
      const polls = Array.from({ length: 50 }, () => poll())
      await after(200)
      await Promise.all(polls.map(async (polled) => polled))
      await after(4800)
      await poll()
      expect(check.runs).toEqual(['here'])
    })

    test('a cell that is back is asked once the round of this process is older than ttlMs', async () => {
      const check = answering(100)
      const { asked, find, lose, poll, pollFor } = sceneOf({ check }, { ...options, ttlMs: 5000 })
      lose('refuses', ...lost)
      expect(await pollFor(100)).toMatchObject({ state: 'local' })
      find()
      asked.length = 0
      await after(4999)
      expect(await poll()).toMatchObject({ state: 'local', ageMs: 4999 })
      expect([asked, check.runs]).toEqual([[], ['here']])
      await after(1)
      expect(await pollFor(110)).toMatchObject({ status: 'healthy', state: 'shared' })
    })
  })
})

test('the one cell that is lost is named in one warning', async () => {
  const { lose, pollFor, warnings } = sceneOf({ check: answering(0) })
  lose('refuses')
  await pollFor(10)
  expect(warnings).toEqual([
    expect.stringMatching(/^allclear: the store of the state could not be reached, .*: Error: reset by /),
  ])
})

test('a caller with more time than deadlineMs is answered within deadlineMs', async () => {
  const { pollFor } = sceneOf({ deaf: hanging() }, { deadlineMs: 2000 })
  expect(await pollFor(2000, { leftMs: 60_000 })).toMatchObject({
    checks: [{ finding: { detail: 'timeout' } }],
  })
  expect(vi.getTimerCount(), 'no timer stays behind').toBe(0)
})

test('a store gets a little less time than its caller has', async () => {
  const limits: (number | undefined)[] = []
  const { pollFor } = sceneOf(
    { check: answering(700) },
    {},
    {
      wrap: (store) => ({
        ...store,
        begin: (id, terms) => {
          limits.push(terms?.withinMs)
          return store.begin(id, terms)
        },
        complete: (lease, results, colo, withinMs) => {
          limits.push(withinMs)
          return store.complete(lease, results, colo, withinMs)
        },
      }),
    },
  )
  await pollFor(700, { leftMs: 900 })
  expect(limits).toEqual([405, 180])
})

test('the state of a store that no other process shares is local', async () => {
  const { pollFor } = sceneOf({ check: answering(0) }, {}, { state: 'local' })
  for (let index = 0; index < 2; index += 1) {
    expect(await pollFor(1)).toMatchObject({ status: 'healthy', state: 'local' })
  }
})

test('checks get what the machine can do', async () => {
  const machines: unknown[] = []
  const check = checkOf(async ({ machine }) => void machines.push(machine))
  const machine = { diskUsage: async () => ({ size: 2, available: 1 }) }
  await sceneOf({ check }, {}, { machine }).pollFor(1)
  await sceneOf({ check }).pollFor(1)
  expect(machines).toEqual([machine, {}])
})
