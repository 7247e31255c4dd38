import type { Result } from '../core/cell.ts'
import { type CheckContext, CheckFailure, type MeasureDisk, type Outcome } from '../core/check.ts'
import type { HealthCheck } from '../core/define.ts'
import { STATUSES, type Status } from '../core/status.ts'
import type { Clock } from './clock.ts'
import type { Redactor } from './redact.ts'

/** What a probe is run with. */
export interface ProbeContext {
  readonly env: unknown
  readonly clock: Clock
  readonly redact: Redactor
  readonly region?: string | undefined
  readonly diskUsage?: MeasureDisk | undefined
  /** Aborts when the whole round must end. */
  readonly roundSignal: AbortSignal
}

/**
 * Runs one check once, under its own deadline. It never throws and always ends: a check that ignores its signal is
 * left behind. This is the one place where a throw and a timeout become a result.
 */
export async function runCheck(check: HealthCheck<never>, context: ProbeContext): Promise<Result> {
  const { clock, roundSignal, redact } = context
  const { timeoutMs, degradedAboveMs } = check.policy
  const abort = new AbortController()
  const cut = Promise.withResolvers<Outcome>()
  const end = (status: Status, reason: string): void => {
    cut.resolve({ status, detail: 'timeout', error: reason })
    abort.abort(new DOMException(reason, 'TimeoutError'))
  }
  const onRoundEnd = (): void => end('unknown', 'the round ended before this check did')
  const started = clock.elapsed()
  const timer = setTimeout(() => end('unhealthy', `no answer within ${timeoutMs} ms`), timeoutMs)
  roundSignal.addEventListener('abort', onRoundEnd)
  try {
    const probed = probe(
      check,
      { env: context.env as never, signal: abort.signal, now: clock.now, ...placeOf(context) },
      redact,
    )
    const outcome = await Promise.race([probed, cut.promise])
    const durationMs = Math.max(0, clock.elapsed() - started)
    const slow = outcome.status === 'healthy' && durationMs > (degradedAboveMs ?? Infinity)
    return toResult(slow ? { ...outcome, status: 'degraded', detail: 'slow' } : outcome, durationMs, redact)
  } finally {
    clearTimeout(timer)
    roundSignal.removeEventListener('abort', onRoundEnd)
  }
}

async function probe(
  { kind, probe }: HealthCheck<never>,
  context: CheckContext<never>,
  redact: Redactor,
): Promise<Outcome> {
  try {
    const { detail = '', ...outcome } = judge(await probe(context))
    // The words of our own checks are fixed; a custom check's are its own, and may hold anything.
    return { ...outcome, detail: kind === 'custom' ? redact(String(detail)) : detail }
  } catch (error) {
    const detail = error instanceof CheckFailure ? error.detail : 'error'
    return { status: 'unhealthy', detail, error: describe(error) }
  }
}

/** What there is only in some places. */
function placeOf({ region, diskUsage }: ProbeContext): Pick<CheckContext<never>, 'region' | 'diskUsage'> {
  return {
    ...(region === undefined ? {} : { region }),
    ...(diskUsage === undefined ? {} : { diskUsage }),
  }
}

/** What a check gave is not trusted: only a known status counts, and nothing at all is the word of a custom check. */
function judge(given: unknown): Outcome {
  if (given === undefined) return { status: 'healthy' }
  const outcome = (typeof given === 'string' ? { status: given } : given) as Partial<Outcome> | null
  if (!STATUSES.includes(outcome?.status as Status)) {
    throw new CheckFailure(
      'error',
      `expected a status of ${STATUSES.join(', ')}; the check gave something else`,
    )
  }
  return outcome as Outcome
}

/** An error and the few causes behind it in one line. */
export function describe(error: unknown, depth = 3): string {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : `threw ${typeof error}`
  const own = error instanceof CheckFailure ? error.message : `${error.name}: ${error.message}`
  return error.cause === undefined || depth === 0 ? own : `${own} (${describe(error.cause, depth - 1)})`
}

function toResult(
  { status, detail = '', error, observed }: Outcome,
  durationMs: number,
  redact: Redactor,
): Result {
  return {
    status,
    detail,
    ...(typeof error === 'string' ? { error: redact(error) } : {}),
    durationMs,
    ...(Number.isFinite(observed?.value) && typeof observed?.unit === 'string'
      ? { observed: { value: observed.value, unit: redact(observed.unit) } }
      : {}),
  }
}
