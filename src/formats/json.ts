import type { CheckReport, RegionReport, Report } from '../core/report.ts'
import type { Status } from '../core/status.ts'

/** One check as the JSON report shows it. Times are ISO 8601 in UTC, durations milliseconds. */
export interface JsonCheck {
  readonly status: Status
  readonly critical: boolean
  readonly duration_ms: number
  readonly detail: string
  readonly breaker: string
  readonly checked_at: string | null
  readonly retry_at?: string
  /** For a bearer of the token. */
  readonly error?: string
  /** For a bearer of the token. */
  readonly observed?: { readonly value: number; readonly unit: string }
}

/** The JSON report. */
export interface JsonReport {
  readonly status: Status
  /** `local` when this process had to check by itself; absent otherwise. */
  readonly state?: 'local'
  readonly checked_at: string | null
  readonly age_ms: number | null
  readonly checks: Readonly<Record<string, JsonCheck>>
  /** What each region says, where the definition names regions. */
  readonly regions?: Readonly<Record<string, JsonRegion>>
}

/** One region as the JSON report shows it. */
export interface JsonRegion extends Omit<JsonReport, 'state' | 'regions'> {
  /** Where it really ran, as the airport code of the data centre; `null` where the platform did not tell. */
  readonly colo: string | null
}

/** Renders the report as the JSON of `/readyz`; what a dependency said is in it only when `isPrivate`. */
export function json(report: Report, isPrivate: boolean): JsonReport {
  const { status, state, checkedAt, ageMs, checks, regions } = report
  return {
    status,
    ...(state === 'local' ? { state: 'local' } : {}),
    checked_at: time(checkedAt),
    age_ms: ageMs,
    checks: Object.fromEntries(checks.map((check) => [check.name, jsonCheck(check, isPrivate)])),
    ...(regions.length > 0
      ? { regions: Object.fromEntries(regions.map((one) => [one.region, jsonRegion(one, isPrivate)])) }
      : {}),
  }
}

/**
 * The same as text, without what is private. It is what nearly all polls ask for, and the checks of a report that a
 * process keeps are the same objects from poll to poll: they are rendered once.
 */
export function jsonText({ status, state, checkedAt, ageMs, checks, regions }: Report): string {
  const head = state === 'local' ? `"status":"${status}","state":"local"` : `"status":"${status}"`
  const places = regions.map(
    ({ region, colo, report }) =>
      `"${region}":{"status":"${report.status}","colo":${JSON.stringify(colo)},${rest(report)}}`,
  )
  const tail = places.length === 0 ? '' : `,"regions":{${places.join(',')}}`
  return `{${head},${rest({ checkedAt, ageMs, checks })}${tail}}`
}

function rest({ checkedAt, ageMs, checks }: Pick<Report, 'checkedAt' | 'ageMs' | 'checks'>): string {
  const at = checkedAt === null ? 'null' : `"${time(checkedAt)}"`
  return `"checked_at":${at},"age_ms":${ageMs},"checks":${checksText(checks)}`
}

const checksTexts = new WeakMap<Report['checks'], string>()

function checksText(checks: Report['checks']): string {
  const known = checksTexts.get(checks)
  if (known !== undefined) return known
  const text = JSON.stringify(
    Object.fromEntries(checks.map((check) => [check.name, jsonCheck(check, false)])),
  )
  checksTexts.set(checks, text)
  return text
}

/** Renders one region as it stands in the report, and alone for `?region=`. */
export function jsonRegion({ colo, report }: RegionReport, isPrivate: boolean): JsonRegion {
  const { status, ...rest } = json(report, isPrivate)
  return { status, colo, ...rest }
}

/** Renders one check as the JSON of `/readyz/NAME`. */
export function jsonCheck(check: CheckReport, isPrivate: boolean): JsonCheck {
  const { status, critical, durationMs, detail, breaker, checkedAt, retryAt, error, observed } = check
  return {
    status,
    critical,
    duration_ms: Math.round(durationMs * 100) / 100,
    detail,
    breaker,
    checked_at: time(checkedAt),
    ...(retryAt === undefined ? {} : { retry_at: time(retryAt) }),
    ...(isPrivate && error !== undefined ? { error } : {}),
    ...(isPrivate && observed !== undefined ? { observed } : {}),
  }
}

// The checks of one round have one time: a report asks for it again and again, and for the same in the next poll.
let lastAt = NaN
let lastTime = ''

function time(at: number): string
function time(at: number | null): string | null
function time(at: number | null): string | null {
  if (at === null) return null
  if (at !== lastAt) [lastAt, lastTime] = [at, new Date(at).toISOString()]
  return lastTime
}
