import { inspect } from 'node:util'
import { type Check, CheckFailure, type Outcome } from '../../src/core/check.ts'
import type { Status } from '../../src/core/status.ts'

/** Runs the probe of a check once, as the runner would. */
export function probeOf<Env>(
  check: Check<Env>,
  env?: Env,
  signal: AbortSignal = new AbortController().signal,
): Promise<Outcome | Status | void> {
  return check.probe({ env: env as Env, signal, now: Date.now })
}

/** What a check comes to, in the words of a report: `healthy`, `degraded: pool saturated`, `unhealthy: http 502`. */
export async function verdict<Env>(check: Check<Env>, env?: Env): Promise<string> {
  const { status, detail = '' } = (await probeOf(check, env).catch(failure)) as Outcome
  return detail === '' ? status : `${status}: ${detail}`
}

/** The private words of a check that fails. */
export async function privateWords<Env>(check: Check<Env>, env?: Env): Promise<string> {
  const error = await thrown(probeOf(check, env))
  return error instanceof Error ? error.message : String(error)
}

/** All that can be got out of a failed check's error: its text, its stack, its causes, its properties. */
export async function everythingSaid<Env>(check: Check<Env>, env?: Env): Promise<string> {
  const error = await thrown(probeOf(check, env))
  return `${String(error)}\n${inspect(error, { depth: 10, showHidden: true })}`
}

/** What a promise is rejected with. */
export function thrown(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => expected(value),
    (error: unknown) => error,
  )
}

function expected(value: unknown): never {
  throw new Error(`expected it to throw, and it gave ${JSON.stringify(value)}`)
}

/** Only a failure with a public word: whatever else is thrown fails the test. */
function failure(error: unknown): Outcome {
  if (!(error instanceof CheckFailure)) throw error
  return { status: 'unhealthy', detail: error.detail }
}
