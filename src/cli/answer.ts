import * as v from 'valibot'
import { STATUSES } from '../core/status.ts'
import type { JsonReport } from '../formats/json.ts'
import { checkIn, isBare } from './endpoint.ts'

/** Makes a text of an answer safe to show. */
export type Clean = (text: string) => string

const NUMBER = v.pipe(v.number(), v.finite())
const STATUS = v.picklist(STATUSES)
const TIME = v.pipe(v.string(), v.isoTimestamp())
const BARE = v.object({ status: STATUS })
const ERROR = v.object({ error: v.string() })

/** An endpoint may be hostile: only known fields are taken over, and every text is cleaned. */
function schemas(clean: Clean) {
  const text = v.pipe(v.string(), v.transform(clean))
  const check = v.object({
    status: STATUS,
    critical: v.boolean(),
    duration_ms: NUMBER,
    detail: text,
    breaker: text,
    checked_at: v.nullable(TIME),
    retry_at: v.exactOptional(TIME),
    error: v.exactOptional(text),
    observed: v.exactOptional(v.object({ value: NUMBER, unit: text })),
  })
  const common = {
    status: STATUS,
    checked_at: v.nullable(TIME),
    age_ms: v.nullable(NUMBER),
    checks: named(text, check),
  }
  const region = v.object({ ...common, colo: v.nullable(text) })
  const report = v.object({
    ...common,
    state: v.exactOptional(v.literal('local')),
    regions: v.exactOptional(named(text, region)),
  })
  return { check, report }
}

/** The report in what Allclear answers at this URL, or nothing where the body is anything else. */
export function reportIn(body: unknown, url: URL, clean: Clean): JsonReport | undefined {
  const { check: checkSchema, report: reportSchema } = schemas(clean)
  const report = v.safeParse(reportSchema, body)
  if (report.success) return report.output
  const name = checkIn(url)
  const check = v.safeParse(checkSchema, body)
  if (name !== undefined && check.success) {
    const { status, checked_at } = check.output
    return { status, checked_at, age_ms: null, checks: { [clean(name)]: check.output } }
  }
  const bare = v.safeParse(BARE, body)
  return isBare(url) && bare.success
    ? { status: bare.output.status, checked_at: null, age_ms: null, checks: {} }
    : undefined
}

/** The error that Allclear states in an answer without a report. */
export function errorIn(body: unknown): string | undefined {
  const parsed = v.safeParse(ERROR, body)
  return parsed.success ? parsed.output.error : undefined
}

/** A record with names as keys. valibot's own records skip keys such as `constructor`, which is a valid name of a check. */
function named<T>(
  name: v.GenericSchema<unknown, string>,
  value: v.GenericSchema<unknown, T>,
): v.GenericSchema<unknown, Record<string, T>> {
  return v.pipe(
    v.custom<object>((input) => typeof input === 'object' && input !== null && !Array.isArray(input)),
    v.transform((record): unknown => Object.entries(record)),
    v.array(v.tuple([name, value])),
    v.transform((entries) => Object.fromEntries(entries)),
  ) as v.GenericSchema<unknown, Record<string, T>>
}
