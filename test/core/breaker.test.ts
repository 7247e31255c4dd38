import { describe, expect, test } from 'vitest'
import {
  type BreakerPhase,
  type BreakerPolicy,
  type BreakerState,
  CLOSED,
  afterResult,
  phase,
} from '../../src/core/breaker.ts'
import type { Status } from '../../src/core/status.ts'
import { statusesIn } from './scene.ts'

const NOW = 1_000_000
const POLICY: BreakerPolicy = { failures: 3, resetAfterMs: 30_000, maxResetAfterMs: 240_000 }

function failTimes(times: number, breaker: BreakerState = CLOSED, now: number = NOW): BreakerState {
  const failures = Array.from({ length: times }, (): Status => 'unhealthy')
  return failures.reduce((before, status) => afterResult(before, now, POLICY, status), breaker)
}

const OPEN = failTimes(3)

test.each<[results: string, BreakerPhase, why: string]>([
  ['', 'closed', 'nothing has happened'],
  ['UU', 'closed', 'one failure short'],
  ['UUU', 'open', 'three failures in a row'],
  ['UUHU', 'closed', 'a success starts the count anew'],
  ['UUHUU', 'closed', 'a success starts the count anew'],
  ['UUDUU', 'closed', 'so does a degraded result: it answered'],
  ['UU?U', 'open', 'an unknown result takes nothing back'],
  ['UU???', 'closed', 'and adds nothing'],
  ['???', 'closed', 'unknown is not unhealthy'],
  ['UUHUUU', 'open', 'three in a row at the end'],
])('after "%s" it is %s: %s', (results, expected) => {
  const breaker = statusesIn(results).reduce<BreakerState>(
    (before, status) => afterResult(before, NOW, POLICY, status),
    CLOSED,
  )
  expect(phase(breaker, NOW, POLICY)).toBe(expected)
})

test('with failures: 1 the first failure opens it', () => {
  expect(afterResult(CLOSED, NOW, { ...POLICY, failures: 1 }, 'unhealthy')).toMatchObject({ state: 'open' })
})

describe('an open breaker', () => {
  test.each<[afterMs: number, BreakerPhase]>([
    [0, 'open'],
    [29_999, 'open'],
    [30_000, 'half-open'],
    [1e9, 'half-open'],
  ])('is, %d ms after it opened, %s', (afterMs, expected) => {
    expect(phase(OPEN, NOW + afterMs, POLICY)).toBe(expected)
  })

  test('closes at a good result', () => {
    expect(afterResult(OPEN, NOW + 30_000, POLICY, 'healthy')).toEqual(CLOSED)
    expect(afterResult(OPEN, NOW + 30_000, POLICY, 'degraded')).toEqual(CLOSED)
  })

  test('stays what it was at an unknown one, ready for the next trial', () => {
    expect(afterResult(OPEN, NOW + 30_000, POLICY, 'unknown')).toBe(OPEN)
  })

  test('forgets its trips once it closes', () => {
    const again = failTimes(3, afterResult(failTimes(2, OPEN), NOW, POLICY, 'healthy'))
    expect(again).toEqual({ state: 'open', trips: 1, retryAt: NOW + 30_000 })
  })
})

test.each([
  [1, 30_000],
  [2, 60_000],
  [3, 120_000],
  [4, 240_000],
  [5, 240_000],
  [2000, 240_000],
])('trip %d waits %d ms: each doubles the wait, up to the longest', (trips, waitMs) => {
  expect(failTimes(trips - 1, OPEN)).toEqual({ state: 'open', trips, retryAt: NOW + waitMs })
})

test('a wait is counted from the failure that caused it', () => {
  expect(failTimes(1, OPEN, NOW + 45_000)).toMatchObject({ retryAt: NOW + 45_000 + 60_000 })
})

describe('when the clock steps back', () => {
  test.each<[backMs: number, BreakerPhase]>([
    [0, 'open'],
    [210_000, 'open'],
    [210_001, 'half-open'],
    [1e12, 'half-open'],
  ])('by %d ms, no wait gets longer than maxResetAfterMs: it is %s', (backMs, expected) => {
    expect(phase(OPEN, NOW - backMs, POLICY)).toBe(expected)
  })
})

test('breaker: false never opens, and lets go of what was open', () => {
  expect(afterResult(CLOSED, NOW, false, 'unhealthy')).toBe(CLOSED)
  expect(afterResult(OPEN, NOW, false, 'unhealthy')).toBe(CLOSED)
  expect(phase(OPEN, NOW, false)).toBe('closed')
})
