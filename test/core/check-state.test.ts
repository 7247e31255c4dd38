import { describe, expect, test } from 'vitest'
import { MISCONFIGURED, type PolicyOptions } from '../../src/core/check.ts'
import { type CheckState, NEVER_RUN, type Result, afterRun } from '../../src/core/check-state.ts'
import { finding } from '../../src/core/finding.ts'
import { resolvePolicy } from '../../src/core/policy.ts'
import { BAD, GOOD, START, frozen, letterOf, result, statusesIn } from './scene.ts'

const SHAKY: PolicyOptions = { breaker: { failures: 3, resetAfterMs: 30_000, maxResetAfterMs: 120_000 } }

/** One check and its clock. */
function checkWith(options: PolicyOptions) {
  const policy = resolvePolicy(options)
  let state: CheckState = NEVER_RUN
  let now = START
  const check = {
    state: () => state,
    status: () => finding(state, policy).status,
    after: (ms: number) => void (now += ms),
    find: (found: Result) => {
      state = frozen(afterRun(state, now, { policy }, found))
      return check
    },
    failTimes: (times: number) => {
      for (let failed = 0; failed < times; failed += 1) check.find(BAD)
      return check
    },
  }
  return check
}

describe('failAfter and recoverAfter', () => {
  test.each<[failAfter: number, recoverAfter: number, results: string, statuses: string, why: string]>([
    [1, 1, 'HUDHU', 'HUDHU', 'every result counts at once'],
    [1, 1, 'H?H', 'H?H', 'an unfinished probe is unknown and changes nothing'],
    [1, 1, 'U?U', 'U?U', 'on the way down, too'],
    [3, 1, 'HUUU', 'HHHU', 'three failures in a row'],
    [3, 1, 'HUUHUUU', 'HHHHHHU', 'a good result restarts the count'],
    [3, 1, 'HUU?U', 'HHH?U', 'an unknown result leaves the count'],
    [3, 1, 'HDDD', 'HHHD', 'degraded counts as bad'],
    [3, 1, 'HDUD', 'HHHD', 'the last of three bad results decides'],
    [3, 1, 'DUUU', 'DDDU', 'degraded turns unhealthy as slowly'],
    [3, 1, 'DUDUUU', 'DDDDDU', 'a result that changes nothing restarts the count'],
    [3, 1, 'UUU', '??U', 'the first failures do not count yet either: nothing is known'],
    [3, 1, 'H', 'H', 'the first good result does'],
    [3, 1, 'D', 'D', 'so does the first degraded one'],
    [3, 1, 'UUHUU', '??HHH', 'a good result among failures settles it'],
    [3, 1, 'U?UU', '???U', 'an unknown result leaves that count, too'],
    [1, 2, 'HUHH', 'HUUH', 'two good results in a row'],
    [1, 2, 'HUHUHH', 'HUUUUH', 'a failure restarts the count'],
    [1, 2, 'HUH?H', 'HUU?H', 'an unknown result leaves the count'],
    [1, 2, 'HUDD', 'HUUD', 'degraded is better than unhealthy'],
    [1, 2, 'HUDH', 'HUUH', 'the last of two better results decides'],
    [1, 2, 'HDHH', 'HDDH', 'degraded recovers as slowly'],
    [1, 3, 'H', 'H', 'a check that was never bad has nothing to recover from'],
    [2, 2, 'DHUHUHU', 'DDDDDDD', 'a check that goes up and down stays in between'],
    [2, 2, 'DHUU', 'DDDU', 'until two results agree'],
    [2, 2, 'DUHH', 'DDDH', 'until two results agree'],
  ])('%d and %d: %s makes %s, as %s', (failAfter, recoverAfter, results, statuses) => {
    const check = checkWith({ failAfter, recoverAfter, breaker: false })
    const seen = statusesIn(results).map((status) => letterOf(check.find(result(status)).status()))
    expect(seen.join('')).toBe(statuses)
  })

  test('do not delay a breaker that opens', () => {
    const check = checkWith({ ...SHAKY, failAfter: 9 })
    check.find(GOOD).failTimes(2)
    expect(check.status()).toBe('healthy')
    check.failTimes(1)
    expect([check.status(), check.state().settled]).toEqual(['unhealthy', 'unhealthy'])
  })

  test('delay the recovery after a trial that went well', () => {
    const check = checkWith({ ...SHAKY, recoverAfter: 2 }).failTimes(3)
    check.after(30_000)
    expect(check.find(GOOD).status()).toBe('unhealthy')
    expect(check.find(GOOD).status()).toBe('healthy')
  })
})

describe('a breaker', () => {
  test('counts a trip each time that it opens', () => {
    const check = checkWith(SHAKY)
    const trips = [2, 1, 1].map((times) => check.failTimes(times).state().trips)
    expect(trips).toEqual([0, 1, 2])
  })

  test('never opens with breaker: false', () => {
    const { breaker, trips } = checkWith({ breaker: false }).failTimes(9).state()
    expect([breaker.state, trips]).toEqual(['closed', 0])
  })

  test('does not count a misconfigured check, which sent no traffic', () => {
    const check = checkWith(SHAKY).failTimes(2)
    for (let times = 0; times < 9; times += 1) check.find({ ...BAD, detail: MISCONFIGURED })
    expect(check.state()).toMatchObject({ breaker: { state: 'closed', failures: 2 }, settled: 'unhealthy' })
  })
})

test('every run is counted by its status, and by its duration if it came to an end', () => {
  const check = checkWith({ breaker: false })
  for (const status of statusesIn('HUD?H')) check.find(result(status, 30))
  const { runs, durations } = check.state()
  expect(runs).toEqual({ healthy: 2, degraded: 1, unhealthy: 1, unknown: 1 })
  expect(durations.counts).toEqual([0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0])
  expect(durations.sumSeconds).toBeCloseTo(0.12)
})
