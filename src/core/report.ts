import { type CheckState, NO_TOTALS, type Totals } from './check-state.ts'
import { type Reading, checkState } from './cell.ts'
import type { Observed, Policy } from './check.ts'
import type { Health, HealthCheck, Service } from './define.ts'
import { type Finding, finding } from './finding.ts'
import { type Status, foldStatus } from './status.ts'

/** The last probe of a check. */
export interface LastProbe {
  /** The probe alone, in milliseconds; 0 where the breaker kept it from running. */
  readonly durationMs: number
  /** Private: for a bearer of the token alone. */
  readonly error: string | undefined
  /** Private, like `error`. */
  readonly observed: Observed | undefined
  /** When it last really ran; `null` before the first time. */
  readonly checkedAt: number | null
}

/** One check as it stands; every format renders this. */
export interface CheckReport {
  readonly name: string
  readonly kind: string
  readonly policy: Policy
  readonly finding: Finding
  readonly probe: LastProbe
  /** Counts of one cell. The quorum's word on a check has none. */
  readonly totals?: Totals
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
  /** The report of each region, where the definition names regions. */
  readonly regions: readonly RegionReport[]
}

/** The report of one region. */
export interface RegionReport {
  readonly region: string
  /** Where it really ran, as the airport code of the data centre, when the platform told. */
  readonly colo: string | null
  readonly report: Report
}

/** Evaluates a reading of the cell: pure, and all in the cell's own clock. */
export function report(
  health: Health<never>,
  { snapshot, now, trials = [] }: Reading,
  state: Report['state'],
): Report {
  const { settledAt } = snapshot
  // Clocks step: an age is never negative, but a round far ahead proves as little as one long ago.
  const ageMs = settledAt === null ? null : Math.max(0, now - settledAt)
  const distanceMs = settledAt === null ? Infinity : Math.abs(now - settledAt)
  const isStale = distanceMs > health.staleAfterMs
  const checks = Object.entries(health.checks).map(([name, check]) =>
    checkReport(name, check, checkState(snapshot, name, check.kind), {
      isStale,
      isTried: trials.includes(name),
    }),
  )
  return {
    service: health.service,
    status: statusOf(checks.filter(({ policy }) => policy.probes.includes('ready'))),
    state,
    checkedAt: settledAt,
    ageMs,
    nextRoundMs: Math.max(0, health.ttlMs - distanceMs),
    startedUp: snapshot.startedUp,
    checks,
    regions: [],
  }
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
  return { ...full, checks, status: statusOf(checks), regions }
}

/** Folds the statuses of checks into one. */
export function statusOf(checks: readonly CheckReport[]): Status {
  return foldStatus(
    checks.map(({ policy, finding }) => ({ critical: policy.critical, status: finding.status })),
  )
}

function checkReport(
  name: string,
  { kind, policy }: HealthCheck<never>,
  state: CheckState | undefined,
  marks: { readonly isStale: boolean; readonly isTried: boolean },
): CheckReport {
  const found = finding(state, policy, marks)
  const last = state?.last
  const { runs, trips, durations } = state ?? NO_TOTALS
  return {
    name,
    kind,
    policy,
    finding: found,
    probe: {
      durationMs: last !== undefined && (marks.isStale || found.breaker === 'closed') ? last.durationMs : 0,
      error: last?.error,
      observed: last?.observed,
      checkedAt: state?.checkedAt ?? null,
    },
    totals: { runs, trips, durations },
  }
}
