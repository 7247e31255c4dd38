import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Result } from '../../src/core/check-state.ts'
import type { Check, CheckContext } from '../../src/core/check.ts'
import { defineHealth } from '../../src/core/define.ts'
import { runRound } from '../../src/probe/round.ts'
import { slots } from '../../src/probe/slots.ts'
import { checkOf, hanging } from '../health.ts'

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }))
afterEach(() => void vi.useRealTimers())

const clock = { now: () => Date.now(), elapsed: () => performance.now() }

function round(checks: Record<string, Check<any>>, budgetMs = 10_000): Promise<Record<string, Result>> {
  return runRound(defineHealth({ checks }), { names: Object.keys(checks), env: {}, clock, budgetMs })
}

function answering(ms: number): Check<any> {
  return checkOf(() => new Promise((resolve) => setTimeout(resolve, ms)))
}

test('a hanging, a throwing and a deaf check change nothing for the one that answers in 10 ms', async () => {
  const results = round({
    hangs: checkOf(({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', reject)), {
      timeoutMs: 300,
    }),
    throws: checkOf(() => Promise.reject(new Error('no'))),
    deaf: hanging({ timeoutMs: 400 }),
    quick: answering(10),
  })
  const ended = results.then(() => clock.now())
  await vi.runAllTimersAsync()
  expect(await results).toMatchObject({
    hangs: { status: 'unhealthy', detail: 'timeout', durationMs: 300 },
    throws: { status: 'unhealthy', detail: 'error', durationMs: 0 },
    deaf: { status: 'unhealthy', detail: 'timeout', durationMs: 400 },
    quick: { status: 'healthy', durationMs: 10 },
  })
  expect(await ended, 'the round ends at the slowest timeout').toBe(1_000_400)
})

test('with twelve hanging checks and six connections, a thirteenth is not charged for its wait', async () => {
  // The platform: six connections at once, the seventh queued without a word until one is closed.
  const connection = slots(6)
  const connect = ({ signal }: CheckContext<unknown>, ms: number): Promise<void> =>
    connection(
      () =>
        new Promise((resolve, reject) => {
          setTimeout(resolve, ms)
          signal.addEventListener('abort', () => reject(new Error('aborted')))
        }),
    )
  const twelve = Array.from({ length: 12 }, (_, index) => [
    `hangs${index}`,
    checkOf((context) => connect(context, 1e9), { timeoutMs: 500 }),
  ])
  const results = round({
    ...Object.fromEntries(twelve),
    thirteenth: checkOf((context) => connect(context, 20), { timeoutMs: 500 }),
  })
  await vi.advanceTimersByTimeAsync(1020)
  const { thirteenth, ...hung } = await results
  expect(thirteenth).toMatchObject({ status: 'healthy', durationMs: 20 })
  for (const result of Object.values(hung))
    expect(result).toMatchObject({ detail: 'timeout', durationMs: 500 })
})

test('at the end of its budget a round gives what it has, the rest as unknown', async () => {
  const results = round({ quick: answering(10), deaf: hanging() }, 200)
  await vi.advanceTimersByTimeAsync(200)
  expect(await results).toMatchObject({
    quick: { status: 'healthy' },
    deaf: { status: 'unknown', detail: 'timeout', durationMs: 200 },
  })
  expect(vi.getTimerCount(), 'no timer stays behind').toBe(0)
})

test('a check that this runner does not know has no result', async () => {
  const health = defineHealth({ checks: { known: checkOf(async () => {}) } })
  const names = ['known', 'constructor', 'new']
  expect(Object.keys(await runRound(health, { names, env: {}, clock, budgetMs: 1000 }))).toEqual(['known'])
})

test('what had no turn before the end of the round is not run, and has no result', async () => {
  const late = vi.fn(async () => {})
  const results = round(
    { ...Object.fromEntries([1, 2, 3, 4, 5, 6].map((n) => [`deaf${n}`, hanging()])), late: checkOf(late) },
    200,
  )
  await vi.advanceTimersByTimeAsync(200)
  expect(Object.keys(await results)).not.toContain('late')
  expect(late).not.toHaveBeenCalled()
})
