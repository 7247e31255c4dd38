import { expect, test } from 'vitest'
import { STATUSES, type Status, foldStatus } from '../../src/core/status.ts'

// A capital stands for a critical check: H healthy, D degraded, U unhealthy, and Q or q for unknown.
test.each<[checks: string, whole: Status, why: string]>([
  ['', 'unknown', 'no check proves nothing'],
  ['H', 'healthy', 'all is well'],
  ['HHhh', 'healthy', 'all is well'],
  ['h', 'healthy', 'what is not critical is well'],
  ['HD', 'degraded', 'a critical check is slow'],
  ['Hd', 'degraded', 'a check is slow'],
  ['Hu', 'degraded', 'what is not critical cannot make it unhealthy'],
  ['Hq', 'degraded', 'nor unknown'],
  ['uuqq', 'degraded', 'not even alone'],
  ['HU', 'unhealthy', 'a critical check fails'],
  ['hhhhU', 'unhealthy', 'one is enough'],
  ['HQ', 'unknown', 'of a critical check nothing is known'],
  ['DQ', 'unknown', 'which is worse than slow'],
  ['QU', 'unhealthy', 'but a failure is certain'],
  ['UQ', 'unhealthy', 'in any order'],
])('%s folds to %s: %s', (checks, whole) => {
  const letters = { h: 'healthy', d: 'degraded', u: 'unhealthy', q: 'unknown' } as const
  const folded = foldStatus(
    checks.split('').map((letter) => ({
      status: letters[letter.toLowerCase() as keyof typeof letters],
      critical: letter !== letter.toLowerCase(),
    })),
  )
  expect(folded).toBe(whole)
})

test('every status is listed once', () => {
  expect([...STATUSES].sort()).toEqual(['degraded', 'healthy', 'unhealthy', 'unknown'])
})
