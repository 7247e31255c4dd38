import type { Check, Machine, Outcome } from '../../src/core/check.ts'
import { CheckFailure } from '../../src/core/check.ts'
import type { Status } from '../../src/core/status.ts'
import { contextFor } from '../../src/probe/context.ts'
import { describe } from '../../src/probe/describe.ts'
import { type Secrets, secretsIn } from '../../src/probe/secrets.ts'
import { systemClock } from '../../src/drivers/clock.ts'
import { nodeMachine } from '../../src/drivers/machine.ts'

/** The parts of a probe's surroundings that a test may choose. */
interface Surroundings {
  readonly signal?: AbortSignal
  readonly region?: string
  readonly machine?: Machine
  readonly secrets?: Secrets
}

/** Runs the probe of a check once, as the runner would. */
export function probeOf<Env>(
  check: Check<Env>,
  env?: Env,
  {
    signal = new AbortController().signal,
    region,
    machine = nodeMachine,
    secrets = secretsIn(env),
  }: Surroundings = {},
): Promise<Outcome | Status | void> {
  const context = contextFor({ env, clock: systemClock, secrets, region, machine }, signal)
  return check.probe(context as Parameters<typeof check.probe>[0])
}

/** The result of a check, in the words of a report: `healthy`, `degraded: pool saturated`, `unhealthy: http 502`. */
export async function verdict<Env>(
  check: Check<Env>,
  env?: Env,
  surroundings: Surroundings = {},
): Promise<string> {
  const { status, detail = '' } = (await probeOf(check, env, surroundings).catch(failure)) as Outcome
  return detail === '' ? status : `${status}: ${detail}`
}

/** The private words of a check that fails, as the report has them: free of the secrets that were enrolled. */
export async function privateWords<Env>(check: Check<Env>, env?: Env, machine?: Machine): Promise<string> {
  const secrets = secretsIn(env)
  return secrets.clean(describe(await thrown(probeOf(check, env, { secrets, ...(machine && { machine }) }))))
}

/** The error that a promise is rejected with. */
export function thrown(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => expected(value),
    (error: unknown) => error,
  )
}

function expected(value: unknown): never {
  throw new Error(`expected it to throw, and it gave ${JSON.stringify(value)}`)
}

/** Only a failure with a public word: any other error fails the test. */
function failure(error: unknown): Outcome {
  if (!(error instanceof CheckFailure)) throw error
  return { status: 'unhealthy', detail: error.detail }
}
