import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { CheckFailure, type Outcome, type PolicyOptions } from '../../src/core/check.ts'
import { defineHealth } from '../../src/core/define.ts'
import type { Result } from '../../src/core/cell.ts'
import { runCheck } from '../../src/probe/check.ts'
import { redactor } from '../../src/probe/redact.ts'
import { checkOf, hanging } from '../health.ts'

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }))
afterEach(() => void vi.useRealTimers())

const clock = { now: () => Date.now(), elapsed: () => performance.now() }
const env = { TOKEN: 'planted-token' }

function run(check: ReturnType<typeof checkOf>, roundSignal = new AbortController().signal): Promise<Result> {
  const { checks } = defineHealth({ checks: { it: check } })
  return runCheck(checks['it'] as never, { env, clock, redact: redactor(env), roundSignal })
}

function given(outcome: unknown, options?: PolicyOptions): Promise<Result> {
  return run(checkOf(async () => outcome as Outcome, options))
}

test('a check that gives nothing is healthy', async () => {
  expect(await given(undefined)).toEqual({ status: 'healthy', detail: '', durationMs: 0 })
})

test('a check may give a status alone, or an outcome', async () => {
  expect(await given('degraded')).toMatchObject({ status: 'degraded', detail: '' })
  expect(await given({ status: 'degraded', detail: '91 jobs waiting' })).toMatchObject({
    status: 'degraded',
    detail: '91 jobs waiting',
  })
})

test.each([[null], ['ok'], [true], [{}], [{ status: 'green' }], [404]])(
  'what is no status, %j, is unhealthy and never a pass',
  async (outcome) => {
    expect(await given(outcome)).toMatchObject({ status: 'unhealthy', detail: 'error' })
  },
)

test('a throw is unhealthy, and what it said is private and free of secrets', async () => {
  const result = await run(
    checkOf(async () => {
      throw new Error('no route for planted-token', { cause: new Error('ECONNREFUSED') })
    }),
  )
  expect(result).toMatchObject({
    status: 'unhealthy',
    detail: 'error',
    error: 'Error: no route for [redacted] (Error: ECONNREFUSED)',
  })
})

test('a failure that knows its public word says it', async () => {
  const result = await run(
    checkOf(async () => {
      throw new CheckFailure('connection failed', 'refused')
    }),
  )
  expect(result).toMatchObject({ status: 'unhealthy', detail: 'connection failed', error: 'refused' })
})

test('the words that a custom check chose are public, so no secret stays in them', async () => {
  expect(await given({ status: 'healthy', detail: 'token planted-token\nis fine' })).toMatchObject({
    detail: 'token [redacted] is fine',
  })
})

test('slower than degradedAboveMs is degraded, and at it is not', async () => {
  const after = (ms: number): ReturnType<typeof checkOf> =>
    checkOf(() => new Promise((resolve) => setTimeout(resolve, ms)), { degradedAboveMs: 50 })
  const [slow, quick] = [run(after(51)), run(after(50))]
  await vi.advanceTimersByTimeAsync(51)
  expect(await slow).toMatchObject({ status: 'degraded', detail: 'slow', durationMs: 51 })
  expect(await quick).toMatchObject({ status: 'healthy', detail: '', durationMs: 50 })
})

test('a check that ignores its signal ends on time all the same', async () => {
  const result = run(hanging({ timeoutMs: 500 }))
  await vi.advanceTimersByTimeAsync(500)
  expect(await result).toMatchObject({ status: 'unhealthy', detail: 'timeout', durationMs: 500 })
  expect(vi.getTimerCount()).toBe(0)
})

test('the signal reaches the check, as a TimeoutError at its own deadline', async () => {
  let reason: unknown
  const listening = checkOf(
    ({ signal }) =>
      new Promise((_, reject) =>
        signal.addEventListener('abort', () =>
          reject(new Error('aborted', { cause: (reason = signal.reason) })),
        ),
      ),
    { timeoutMs: 500 },
  )
  const result = run(listening)
  await vi.advanceTimersByTimeAsync(500)
  expect(await result).toMatchObject({ status: 'unhealthy', detail: 'timeout' })
  expect(reason).toMatchObject({ name: 'TimeoutError' })
})

test('what the end of the round cuts short is unknown', async () => {
  const round = new AbortController()
  const result = run(hanging(), round.signal)
  await vi.advanceTimersByTimeAsync(100)
  round.abort()
  expect(await result).toMatchObject({ status: 'unknown', detail: 'timeout', durationMs: 100 })
})

test('a check that throws at once, before any promise, is a result too', async () => {
  const check = checkOf(() => {
    throw new TypeError('at once')
  })
  expect(await run(check)).toMatchObject({
    status: 'unhealthy',
    detail: 'error',
    error: 'TypeError: at once',
  })
})
