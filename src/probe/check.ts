import { type CheckContext, CheckFailure, type Observed, type Outcome } from '../core/check.ts'
import type { Result } from '../core/check-state.ts'
import type { HealthCheck } from '../core/define.ts'
import { STATUSES, type Status } from '../core/status.ts'
import { type ProbeContext, contextFor } from './context.ts'
import { describe } from './describe.ts'
import type { Secrets } from './secrets.ts'

/**
 * Runs one check once, under its own deadline. It never throws and always ends: a check that ignores its signal is
 * left behind. This is the one place where a throw and a timeout become a result.
 */
export async function runCheck(check: HealthCheck<never>, context: ProbeContext): Promise<Result> {
  const { clock, roundSignal, secrets } = context
  const { timeoutMs, degradedAboveMs } = check.policy
  const abort = new AbortController()
  const cut = Promise.withResolvers<Outcome>()
  let isLate = false
  const end = (status: Status, reason: string): void => {
    isLate = status === 'unhealthy'
    cut.resolve({ status, detail: 'timeout', error: reason })
    abort.abort(new DOMException(reason, 'TimeoutError'))
  }
  const onRoundEnd = (): void => end('unknown', 'the round ended before this check did')
  const started = clock.elapsed()
  const timer = setTimeout(() => end('unhealthy', `no answer within ${timeoutMs} ms`), timeoutMs)
  roundSignal.addEventListener('abort', onRoundEnd)
  try {
    const probed = probe(check, contextFor(context, abort.signal) as CheckContext<never>)
    const outcome = await Promise.race([probed, cut.promise])
    // A probe that was cut at its timeout took just that, however late its timer came: it counts in that bucket.
    const durationMs = isLate ? timeoutMs : Math.max(0, clock.elapsed() - started)
    const isSlow = outcome.status === 'healthy' && durationMs > (degradedAboveMs ?? Infinity)
    return cleaned(isSlow ? { ...outcome, status: 'degraded', detail: 'slow' } : outcome, durationMs, {
      hasOwnWords: check.hasOwnWords && !isSlow,
      secrets,
    })
  } finally {
    clearTimeout(timer)
    roundSignal.removeEventListener('abort', onRoundEnd)
  }
}

async function probe({ probe }: HealthCheck<never>, context: CheckContext<never>): Promise<Outcome> {
  try {
    return judged(await probe(context))
  } catch (error) {
    return { status: 'unhealthy', detail: detailOf(error), error: describe(error) }
  }
}

/**
 * Copies what a check gave, which is not trusted: only a known status counts, and a getter may throw. Nothing at all is
 * the word of a custom check that found nothing wrong.
 */
function judged(given: unknown): Outcome {
  if (given === undefined) return { status: 'healthy' }
  const outcome = (typeof given === 'string' ? { status: given } : given) as Partial<Outcome> | null
  const status = STATUSES.find((known) => known === outcome?.status)
  if (status === undefined) {
    const known = STATUSES.join(', ')
    throw new CheckFailure('error', `expected a status of ${known}; the check gave something else`)
  }
  const { detail = '', error, observed } = outcome ?? {}
  return {
    status,
    detail: String(detail),
    ...(typeof error === 'string' ? { error } : {}),
    ...observedIn(observed),
  }
}

function observedIn(observed: Partial<Observed> | undefined): Pick<Outcome, 'observed'> {
  const { value, unit } = observed ?? {}
  return typeof value === 'number' && Number.isFinite(value) && typeof unit === 'string'
    ? { observed: { value, unit } }
    : {}
}

/** The public word of a failure that knows one. */
function detailOf(error: unknown): string {
  try {
    const detail: unknown = error instanceof CheckFailure ? error.detail : undefined
    return typeof detail === 'string' ? detail : 'error'
  } catch {
    return 'error'
  }
}

/** The details of our own checks are fixed; those of a custom check may hold anything. */
function cleaned(
  { status, detail = '', error, observed }: Outcome,
  durationMs: number,
  { hasOwnWords, secrets }: { readonly hasOwnWords: boolean; readonly secrets: Secrets },
): Result {
  return {
    status,
    detail: hasOwnWords ? secrets.clean(detail) : detail,
    ...(error === undefined ? {} : { error: secrets.clean(error) }),
    durationMs,
    ...(observed === undefined ? {} : { observed: { ...observed, unit: secrets.clean(observed.unit) } }),
  }
}
