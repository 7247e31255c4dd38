import * as v from 'valibot'
import { STATUSES } from '../core/status.ts'
import type { JsonReport } from '../formats/json.ts'
import { checkIn, isBare } from './endpoint.ts'
import { clean } from './text.ts'

// An endpoint may be hostile: only known fields are taken over, and no text as it came.
const TEXT = v.pipe(
  v.string(),
  v.transform((text) => clean(text)),
)
const NUMBER = v.pipe(v.number(), v.finite())
const STATUS = v.picklist(STATUSES)
const TIME = v.pipe(v.string(), v.isoTimestamp())

const CHECK = v.object({
  status: STATUS,
  critical: v.boolean(),
  duration_ms: NUMBER,
  detail: TEXT,
  breaker: TEXT,
  checked_at: v.nullable(TIME),
  retry_at: v.exactOptional(TIME),
  error: v.exactOptional(TEXT),
  observed: v.exactOptional(v.object({ value: NUMBER, unit: TEXT })),
})

const COMMON = {
  status: STATUS,
  checked_at: v.nullable(TIME),
  age_ms: v.nullable(NUMBER),
  checks: named(CHECK),
}

const REPORT = v.object({
  ...COMMON,
  state: v.exactOptional(v.literal('local')),
  regions: v.exactOptional(named(v.object({ ...COMMON, colo: v.nullable(TEXT) }))),
})

const BARE = v.object({ status: STATUS })
const ERROR = v.object({ error: TEXT })

/** Reads what Allclear answers at this URL; whatever else it may be is nothing. */
export function reportIn(body: unknown, url: URL): JsonReport | undefined {
  const report = v.safeParse(REPORT, body)
  if (report.success) return report.output
  const name = checkIn(url)
  const check = v.safeParse(CHECK, body)
  if (name !== undefined && check.success) {
    const { status, checked_at } = check.output
    return { status, checked_at, age_ms: null, checks: { [clean(name)]: check.output } }
  }
  const bare = v.safeParse(BARE, body)
  return isBare(url) && bare.success
    ? { status: bare.output.status, checked_at: null, age_ms: null, checks: {} }
    : undefined
}

/** The fault that Allclear names in an answer that is no report. */
export function errorIn(body: unknown): string | undefined {
  const parsed = v.safeParse(ERROR, body)
  return parsed.success ? parsed.output.error : undefined
}

/** valibot's own objects pass over keys such as `constructor`, which is a good name for a check. */
function named<T>(schema: v.GenericSchema<unknown, T>): v.GenericSchema<unknown, Record<string, T>> {
  return v.pipe(
    v.custom<object>((input) => typeof input === 'object' && input !== null && !Array.isArray(input)),
    v.transform((record): unknown => Object.entries(record)),
    v.array(v.tuple([TEXT, schema])),
    v.transform((entries) => Object.fromEntries(entries)),
  ) as v.GenericSchema<unknown, Record<string, T>>
}
