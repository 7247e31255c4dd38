import { describe, expect, test, vi } from 'vitest'
import { hanging } from '../health.ts'
import type { Check } from '../../src/core/check.ts'
import type { HealthOptions } from '../../src/core/define.ts'
import {
  type Loss,
  type PollScene,
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

function regional(checks: Record<string, Check<any>>, options: Partial<HealthOptions<any>> = {}): PollScene {
  return sceneOf(checks, { regions: REGIONS, ...options })
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
      checks: [{ name: 'check', finding: { status: 'degraded', detail: 'unhealthy in apac' } }],
      regions: [
        { region: 'weur', colo: 'AMS', report: { status: 'healthy' } },
        { region: 'enam', colo: 'IAD', report: { status: 'healthy' } },
        { region: 'apac', colo: 'HKG', report: { status: 'unhealthy' } },
      ],
    })
  })

  test('they are asked all at once', async () => {
    const { asked, poll } = regional({ check: answering(100) })
    const polled = poll()
    expect(asked).toEqual(['weur', 'enam', 'apac'])
    await after(110)
    await polled
  })
})

describe('a region that', () => {
  describe.each(REGIONAL_LOSSES)('%s', (loss) => {
    test('is unknown, and the others answer, in time', async () => {
      const { lose, pollFor } = regional({ check: answering(100) }, { deadlineMs: 3000 })
      lose(loss, 'enam')
      const report = await pollFor(3000)
      expect(report).toMatchObject({
        status: 'healthy',
        state: 'shared',
        checks: [{ finding: { status: 'healthy' } }],
      })
      expect(regionStatuses(report)).toEqual({ weur: 'healthy', enam: 'unknown', apac: 'healthy' })
      expect(report.regions[1]).toMatchObject({
        colo: null,
        report: { checkedAt: null, ageMs: null, checks: [{ finding: { detail: 'not run yet' } }] },
      })
    })

    test('is unknown even if it answered before', async () => {
      const { lose, pollFor } = regional({ check: answering(10) }, { deadlineMs: 3000 })
      await pollFor(20)
      lose(loss, 'enam')
      await after(5000)
      expect(regionStatuses(await pollFor(3000))).toMatchObject({ enam: 'unknown', apac: 'healthy' })
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
      expect(warnings).toEqual([expect.stringMatching(/^allclear: region enam did not answer: /)])
      expect(warnings[0]).not.toContain('planted-token')
    })

    test('is not asked again within ttlMs, and counts again after that', async () => {
      const options = { deadlineMs: 3000, ttlMs: 5000 }
      const { asked, find, lose, poll, pollFor, warnings } = regional({ check: answering(10) }, options)
      lose(loss, 'enam')
      await pollFor(3000)
      find()
      // The others are fresh for the rest of their ttlMs.
      asked.length = 0
      for (let index = 0; index < 100; index += 1) {
        expect(regionStatuses(await poll())).toEqual({ weur: 'healthy', enam: 'unknown', apac: 'healthy' })
      }
      expect([asked, warnings.length]).toEqual([[], 1])
      await after(5000)
      expect(regionStatuses(await pollFor(20))).toEqual({
        weur: 'healthy',
        enam: 'healthy',
        apac: 'healthy',
      })
    })
  })
})

describe('a lost region', () => {
  test('is left alone while the others are asked', async () => {
    const options = { deadlineMs: 900, ttlMs: 1000 }
    const { asked, find, lose, pollFor } = regional({ check: answering(10) }, options)
    lose('hangs', 'enam')
    await pollFor(450) // Lost after 300 ms at the earliest, when the others are 290 ms old.
    find()
    asked.length = 0
    await after(650)
    await pollFor(20)
    expect(asked).toEqual(['weur', 'apac'])
    await after(380)
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

test('when all regions are lost, the one round of this process needs no quorum', async () => {
  const check = answering(10)
  check.bad.add('here')
  const { lose, pollFor } = regional({ check }, { quorum: 'all' })
  lose('refuses', ...REGIONS)
  expect(await pollFor(20)).toMatchObject({
    status: 'unhealthy',
    checks: [{ finding: { detail: 'error' } }],
  })
})

describe('no poll outlasts the deadline', () => {
  test('when a round does not end, and the last snapshot of its region still holds', async () => {
    const { cutDeliveries, pollFor, warnings } = regional({ check: answering(10) }, { deadlineMs: 3000 })
    await pollFor(10)
    cutDeliveries()
    await after(5000)
    const report = await pollFor(3000)
    expect(report).toMatchObject({ status: 'healthy', state: 'shared', checkedAt: START + 10 })
    expect(warnings).toEqual([])
  })

  test('when every region is lost, each in another way', async () => {
    const { lose, pollFor } = regional({ deaf: hanging() }, { deadlineMs: 3000 })
    lose('hangs', 'weur')
    lose('never tells the end of a round', 'enam')
    lose('refuses', 'apac')
    expect(await pollFor(3000)).toMatchObject({ status: 'unknown', state: 'local' })
  })
})
