import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type CheckContext, CheckFailure, type Outcome, type PolicyOptions } from '../../src/core/check.ts'
import { defineHealth } from '../../src/core/define.ts'
import type { Result } from '../../src/core/check-state.ts'
import { runCheck } from '../../src/probe/check.ts'
import { secretsIn } from '../../src/probe/secrets.ts'
import { checkOf, hanging } from '../health.ts'

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }))
afterEach(() => void vi.useRealTimers())

const clock = { now: () => Date.now(), elapsed: () => performance.now() }
const env = { TOKEN: 'planted-token' }

function run(check: ReturnType<typeof checkOf>, roundSignal = new AbortController().signal): Promise<Result> {
  const { checks } = defineHealth({ checks: { it: check } })
  return runCheck(checks['it'] as never, { env, clock, machine: {}, secrets: secretsIn(env), roundSignal })
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

test('the own words of a check are public, so no secret stays in them', async () => {
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

/** Whatever a check throws or gives: its own result is `error`, and it never takes the round with it. */
describe('one odd throw or outcome is an error of its own:', () => {
  const trap = (): never => {
    throw new Error('a trap')
  }
  const throwing = (key: string): object => Object.defineProperty({}, key, { get: trap })
  const odd: readonly (readonly [string, unknown])[] = [
    ['a message that is no text', Object.assign(new Error(), { message: Object.create(null) })],
    ['a symbol as its name', Object.assign(new Error('x'), { name: Symbol('odd') })],
    ['a message that throws', Object.defineProperty(new Error('x'), 'message', { get: trap })],
    ['a cause that throws', Object.defineProperty(new Error('x'), 'cause', { get: trap })],
    ['a cause that is itself', ((error) => Object.assign(error, { cause: error }))(new Error('x'))],
    ['a symbol', Symbol('odd')],
    ['nothing', undefined],
    ['an object without a prototype', Object.create(null)],
    ['a proxy', new Proxy({}, { getPrototypeOf: trap, get: trap })],
    [
      'a failure whose detail throws',
      Object.defineProperty(new CheckFailure('x', 'x'), 'detail', { get: trap }),
    ],
    [
      'a failure whose detail is no text',
      Object.assign(new CheckFailure('x', 'x'), { detail: Symbol('odd') }),
    ],
  ]

  test.each(odd)('it throws %s', async (_, thrown) => {
    const result = await run(
      checkOf(async () => {
        throw thrown
      }),
    )
    expect(result).toMatchObject({ status: 'unhealthy', detail: 'error', error: expect.any(String) })
  })

  test.each<readonly [string, unknown]>([
    ['a status that throws', throwing('status')],
    ['a detail that throws', Object.assign(throwing('detail'), { status: 'healthy' })],
    ['a detail that is no text', { status: 'healthy', detail: Object.create(null) }],
    ['an error that throws', Object.assign(throwing('error'), { status: 'healthy' })],
    ['a value that throws', { status: 'healthy', observed: throwing('value') }],
    ['a proxy', new Proxy({}, { get: trap })],
  ])('it gives %s', async (_, outcome) => {
    expect(await given(outcome)).toMatchObject({ status: 'unhealthy', detail: 'error' })
  })
})

describe('the context of a check', () => {
  const taking = (take: (context: CheckContext<any>) => unknown) =>
    run(
      checkOf(async (context) => {
        throw new Error(`took ${String(take(context))}`)
      }),
    )

  test('gives the text of an option, which is a secret from then on where env gave it', async () => {
    expect(await taking(({ text }) => text('region', 'eu-west-1'))).toMatchObject({
      error: 'Error: took eu-west-1',
    })
    expect(await taking(({ text }) => text('region', () => 'eu-west-1'))).toMatchObject({
      error: 'Error: took [redacted]',
    })
  })

  test('gives a value that is no text', async () => {
    const pool = { toString: () => 'a pool' }
    expect(await taking(({ value }) => value('pool', () => pool))).toMatchObject({
      error: 'Error: took a pool',
    })
  })

  test('enrols what a driver makes of a secret', async () => {
    expect(await taking(({ secret }) => secret('made of it'))).toMatchObject({
      error: 'Error: took [redacted]',
    })
  })

  test.each([
    ['undefined', () => undefined],
    ['an empty string', () => ''],
    ['number', () => 7],
    ['null', () => null],
  ])('is misconfigured where env gives %s for a text', async (received, given) => {
    expect(await taking(({ text }) => text('url', given as () => string))).toMatchObject({
      status: 'unhealthy',
      detail: 'misconfigured',
      error: `url: expected a string from env, received ${received}`,
    })
  })

  test('is misconfigured where a function of env throws, and tells nothing of what it threw', async () => {
    const given = (): string => {
      throw new Error('hush')
    }
    expect(await taking(({ text }) => text('url', given))).toMatchObject({
      detail: 'misconfigured',
      error: 'url: its function of env threw',
    })
  })

  test('is misconfigured where env has no such value', async () => {
    expect(await taking(({ value }) => value('pool', () => undefined))).toMatchObject({
      detail: 'misconfigured',
      error: 'pool: expected a value from env, received undefined',
    })
  })
})
