import { expect, test } from 'vitest'
import type { BreakerState } from '../../src/core/breaker.ts'
import { type CheckState, NEVER_RUN } from '../../src/core/check-state.ts'
import { type Finding, finding } from '../../src/core/finding.ts'
import { resolvePolicy } from '../../src/core/policy.ts'
import { BAD, GOOD, START, UNKNOWN, result } from './scene.ts'

const POLICY = resolvePolicy({ breaker: { failures: 1, resetAfterMs: 30_000 } })
const OPEN: BreakerState = { state: 'open', trips: 1, retryAt: START + 30_000 }

function stateOf(part: Partial<CheckState>): CheckState {
  return { ...NEVER_RUN, settled: 'healthy', last: GOOD, checkedAt: START, ...part }
}

const SLOW = { ...result('degraded', 80), detail: 'slow' }
const DOWN = stateOf({ settled: 'unhealthy', last: BAD, breaker: OPEN })

test.each<
  [what: string, state: CheckState | undefined, marks: { isStale?: boolean; isTried?: boolean }, Finding]
>([
  [
    'a check that no round has met',
    undefined,
    {},
    { status: 'unknown', detail: 'not run yet', breaker: 'closed' },
  ],
  [
    'a stale check that no round has met',
    undefined,
    { isStale: true },
    { status: 'unknown', detail: 'not run yet', breaker: 'closed' },
  ],
  ['a good result', stateOf({}), {}, { status: 'healthy', detail: '', breaker: 'closed' }],
  [
    'a slow one',
    stateOf({ settled: 'degraded', last: SLOW }),
    {},
    { status: 'degraded', detail: 'slow', breaker: 'closed' },
  ],
  [
    'a failure',
    stateOf({ settled: 'unhealthy', last: BAD }),
    {},
    { status: 'unhealthy', detail: 'error', breaker: 'closed' },
  ],
  [
    'a failure that does not count yet: the damped status, with the detail of the last probe',
    stateOf({ last: BAD }),
    {},
    { status: 'healthy', detail: 'error', breaker: 'closed' },
  ],
  [
    'an unfinished probe, though the check was healthy before',
    stateOf({ last: UNKNOWN }),
    {},
    { status: 'unknown', detail: 'error', breaker: 'closed' },
  ],
  [
    'a stale snapshot, which proves nothing',
    stateOf({}),
    { isStale: true },
    { status: 'unknown', detail: 'stale', breaker: 'closed' },
  ],
  [
    'an open breaker',
    DOWN,
    {},
    { status: 'unhealthy', detail: 'circuit open', breaker: 'open', retryAt: START + 30_000 },
  ],
  [
    'a breaker whose wait is over and whose trial is not under way',
    DOWN,
    {},
    { status: 'unhealthy', detail: 'circuit open', breaker: 'open', retryAt: START + 30_000 },
  ],
  [
    'a breaker whose trial is under way, which is not good yet',
    DOWN,
    { isTried: true },
    { status: 'unhealthy', detail: 'circuit open', breaker: 'half-open', retryAt: START + 30_000 },
  ],
  [
    'a stale snapshot with an open breaker',
    DOWN,
    { isStale: true },
    { status: 'unknown', detail: 'stale', breaker: 'open', retryAt: START + 30_000 },
  ],
])('%s', (_, state, marks, expected) => {
  expect(finding(state, POLICY, marks)).toEqual(expected)
})

test('an open breaker counts for nothing when the definition now says breaker: false', () => {
  expect(finding(DOWN, resolvePolicy({ breaker: false }))).toEqual({
    status: 'unhealthy',
    detail: 'error',
    breaker: 'closed',
  })
})
