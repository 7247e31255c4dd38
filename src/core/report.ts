import { type BreakerPhase, phase } from './breaker.ts'
import { type CheckState, type Reading, checkState, reported } from './cell.ts'
import type { Observed, ProbeName } from './check.ts'
import type { Health, HealthCheck, Service } from './define.ts'
import { EMPTY_HISTOGRAM, type Histogram } from './histogram.ts'
import { type Status, foldStatus } from './status.ts'

/** One check as it stands; every format renders this. */
export interface CheckReport {
  readonly name: string
  readonly status: Status
  readonly critical: boolean
  readonly tags: readonly string[]
  readonly probes: readonly ProbeName[]
  /** The last probe alone; 0 where the breaker kept it from running. */
  readonly durationMs: number
  /** Public. */
  readonly detail: string
  /** Private: for a bearer of the token alone. */
  readonly error: string | undefined
  /** Private, like `error`. */
  readonly observed: Observed | undefined
  readonly breaker: BreakerPhase
  /** When it last really ran; `null` before the first time. */
  readonly checkedAt: number | null
  /** When an open breaker may be tried. */
  readonly retryAt: number | undefined
  readonly runs: Readonly<Record<Status, number>>
  readonly trips: number
  readonly durations: Histogram
}

/** The answer, before it is rendered. */
export interface Report {
  readonly service: Service
  readonly status: Status
  /** `local` when the store of the state could not be reached and this process checked by itself. */
  readonly state: 'shared' | 'local'
  readonly checkedAt: number | null
  readonly ageMs: number | null
  /** When a poll may cause the next round, in milliseconds from now. */
  readonly nextRoundMs: number
  readonly startedUp: boolean
  readonly checks: readonly CheckReport[]
  /** What each region reports, where the definition names regions. */
  readonly regions: readonly RegionReport[]
}

/** What one region reports. */
export interface RegionReport {
  readonly region: string
  /** Where it really ran, as the airport code of the data centre, when the platform told. */
  readonly colo: string | null
  readonly report: Report
}

const NO_RUNS = { healthy: 0, degraded: 0, unhealthy: 0, unknown: 0 } as const

/** Evaluates a reading of the cell: pure, and all in the cell's own clock. */
export function report(health: Health<never>, { snapshot, now }: Reading, state: Report['state']): Report {
  const { settledAt } = snapshot
  // Clocks step: an age is never negative, but what settled far ahead proves as little as what did so long ago.
  const ageMs = settledAt === null ? null : Math.max(0, now - settledAt)
  const distanceMs = settledAt === null ? Infinity : Math.abs(now - settledAt)
  const stale = distanceMs > health.staleAfterMs
  const checks = Object.entries(health.checks).map(([name, check]) =>
    checkReport(name, check, checkState(snapshot, name), stale, now),
  )
  return {
    service: health.service,
    status: statusFor(checks, 'ready'),
    state,
    checkedAt: settledAt,
    ageMs,
    nextRoundMs: Math.max(0, health.ttlMs - distanceMs),
    startedUp: snapshot.startedUp,
    checks,
    regions: [],
  }
}

/**
 * For how long, in milliseconds, nothing of a report changes but its age: until the snapshot is no longer fresh or
 * grows stale, or a breaker may be tried.
 */
export function steadyMs({ staleAfterMs }: Health<never>, full: Report): number {
  const { checkedAt, ageMs, nextRoundMs, checks } = full
  if (checkedAt === null || ageMs === null || checks.some((check) => check.checkedAt === null)) return 0
  const now = checkedAt + ageMs
  const waits = checks.flatMap(({ breaker, retryAt }) =>
    breaker === 'open' && retryAt !== undefined ? [retryAt - now] : [],
  )
  return Math.max(0, Math.min(nextRoundMs, staleAfterMs - ageMs, ...waits))
}

/** The same report so much later, while it is steady. */
export function aged(full: Report, byMs: number): Report {
  const { ageMs, nextRoundMs, regions } = full
  return {
    ...full,
    ageMs: ageMs === null ? null : ageMs + byMs,
    nextRoundMs: Math.max(0, nextRoundMs - byMs),
    regions: regions.map((one) => ({ ...one, report: aged(one.report, byMs) })),
  }
}

/** The same report with only these checks in it, and its status folded from them; so for each region. */
export function select(full: Report, isWanted: (check: CheckReport) => boolean): Report {
  const checks = full.checks.filter(isWanted)
  const regions = full.regions.map((one) => ({ ...one, report: select(one.report, isWanted) }))
  return { ...full, checks, status: foldStatus(checks), regions }
}

function statusFor(checks: readonly CheckReport[], probe: ProbeName): Status {
  return foldStatus(checks.filter(({ probes }) => probes.includes(probe)))
}

function checkReport(
  name: string,
  { policy }: HealthCheck<never>,
  state: CheckState | undefined,
  stale: boolean,
  now: number,
): CheckReport {
  const { critical, tags, probes } = policy
  const breaker = state === undefined ? 'closed' : phase(state.breaker, policy.breaker, now)
  return {
    name,
    critical,
    tags,
    probes,
    ...finding(state, breaker, stale, state === undefined ? 'unknown' : reported(state, policy, now)),
    error: state?.last.error,
    observed: state?.last.observed,
    breaker,
    checkedAt: state?.checkedAt ?? null,
    retryAt: state?.breaker.state === 'open' && breaker !== 'closed' ? state.breaker.retryAt : undefined,
    runs: state?.runs ?? NO_RUNS,
    trips: state?.trips ?? 0,
    durations: state?.durations ?? EMPTY_HISTOGRAM,
  }
}

function finding(
  state: CheckState | undefined,
  breaker: BreakerPhase,
  stale: boolean,
  status: Status,
): Pick<CheckReport, 'status' | 'detail' | 'durationMs'> {
  if (state === undefined) return { status: 'unknown', detail: 'not run yet', durationMs: 0 }
  if (stale) return { status: 'unknown', detail: 'stale', durationMs: state.last.durationMs }
  if (breaker !== 'closed') return { status, detail: 'circuit open', durationMs: 0 }
  return { status, detail: state.last.detail, durationMs: state.last.durationMs }
}
