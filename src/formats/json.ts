import type { Format } from '../core/plugin.ts'
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
  /** Each region as it stands, where the definition names regions. */
  readonly regions?: Readonly<Record<string, JsonRegion>>
}

/** One region as the JSON report shows it. */
export interface JsonRegion extends Omit<JsonReport, 'state' | 'regions'> {
  /** Where it really ran, as the airport code of the data centre; `null` where the platform did not tell. */
  readonly colo: string | null
}

/** The JSON of `/readyz`, `/readyz/NAME` and `/startupz`, with private detail for a bearer of the token. */
export const json: Format = {
  name: 'json',
  mediaTypes: ['application/json'],
  render: ({ report, check, region, isPrivate }) => ({
    type: 'application/json',
    body:
      check !== undefined
        ? JSON.stringify(jsonCheck(check, isPrivate))
        : region !== undefined
          ? `{"region":"${region.region}",${regionText(region, isPrivate)}`
          : reportText(report, isPrivate),
  }),
}

/** The report as a value, with private detail. */
export function jsonReport(report: Report): JsonReport {
  return JSON.parse(reportText(report, true)) as JsonReport
}

function reportText({ status, state, regions, ...rest }: Report, isPrivate: boolean): string {
  const places = regions.map((one) => `"${one.region}":{${regionText(one, isPrivate)}`)
  const local = state === 'local' ? ',"state":"local"' : ''
  const world = places.length === 0 ? '' : `,"regions":{${places.join(',')}}`
  return `{"status":"${status}"${local},${restText(rest, isPrivate)}${world}}`
}

/** A region without its opening brace, before which its name can be put. */
function regionText({ colo, report }: RegionReport, isPrivate: boolean): string {
  return `"status":"${report.status}","colo":${JSON.stringify(colo)},${restText(report, isPrivate)}}`
}

function restText(
  { checkedAt, ageMs, checks }: Pick<Report, 'checkedAt' | 'ageMs' | 'checks'>,
  isPrivate: boolean,
): string {
  return `"checked_at":${JSON.stringify(time(checkedAt))},"age_ms":${ageMs},"checks":${checksText(checks, isPrivate)}`
}

/**
 * Nearly all polls ask for the public report, and the checks of a report that a process keeps are the same objects from
 * poll to poll: they are rendered once.
 */
const publicTexts = new WeakMap<Report['checks'], string>()

function checksText(checks: Report['checks'], isPrivate: boolean): string {
  const known = isPrivate ? undefined : publicTexts.get(checks)
  if (known !== undefined) return known
  const text = JSON.stringify(
    Object.fromEntries(checks.map((check) => [check.name, jsonCheck(check, isPrivate)])),
  )
  if (!isPrivate) publicTexts.set(checks, text)
  return text
}

function jsonCheck({ policy, finding, probe }: CheckReport, isPrivate: boolean): JsonCheck {
  const { error, observed } = probe
  const { status, detail, breaker, retryAt } = finding
  return {
    status,
    critical: policy.critical,
    duration_ms: Math.round(probe.durationMs * 100) / 100,
    detail,
    breaker,
    checked_at: time(probe.checkedAt),
    ...(retryAt !== undefined && { retry_at: time(retryAt) }),
    // JSON leaves out what is undefined.
    ...(isPrivate && ({ error, observed } as object)),
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
