import { BREAKER_PHASES } from '../core/breaker.ts'
import { BUCKETS_SECONDS } from '../core/histogram.ts'
import type { CheckReport, Report } from '../core/report.ts'
import { STATUSES, type Status } from '../core/status.ts'

/** The content type of Prometheus text. */
export const PROMETHEUS_TYPE: string = 'text/plain; version=0.0.4; charset=utf-8'

/** The content type of OpenMetrics text. */
export const OPENMETRICS_TYPE: string = 'application/openmetrics-text; version=1.0.0; charset=utf-8'

export interface PrometheusOptions {
  /** First word of every metric. */
  readonly prefix: string
  /** OpenMetrics 1.0 instead of Prometheus text 0.0.4. */
  readonly openMetrics: boolean
}

/**
 * Renders the report as metrics, in Prometheus text 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/) or OpenMetrics 1.0
 * (https://prometheus.io/docs/specs/om/open_metrics_spec/). Where there are regions the series of checks are theirs,
 * and only the status and the name are those of the whole.
 */
export function prometheus(report: Report, { prefix, openMetrics }: PrometheusOptions): string {
  const families = [...checkFamilies(seriesIn(report), openMetrics), ...wholeFamilies(report)]
  const text = families.map((family) => render(family, prefix, openMetrics)).join('')
  return openMetrics ? `${text}# EOF\n` : text
}

/** A check, and the labels that all of its samples have. */
interface Series {
  readonly check: CheckReport
  readonly labels: string
}

interface Sample {
  /** What follows the family's name. */
  readonly suffix?: string
  readonly labels: string
  readonly value: number
}

interface Family {
  /** As Prometheus text has it: that of a counter ends in `_total`. */
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly unit?: 'seconds'
  /** A constant without backslash or newline, so that nothing in it needs escaping. */
  readonly help: string
  readonly samples: readonly Sample[]
}

const VALUES: Readonly<Record<Status, readonly number[]>> = {
  healthy: [1],
  degraded: [0.5],
  unhealthy: [0],
  // Nothing is proven, so nothing is said: a series that is absent can be alerted on, a made-up number cannot.
  unknown: [],
}

const VALUES_HELP = '1 healthy, 0.5 degraded, 0 unhealthy, absent when unknown'

function checkFamilies(series: readonly Series[], openMetrics: boolean): Family[] {
  return [
    {
      name: 'health_check_status',
      type: 'gauge',
      help: `What the check is found to be: ${VALUES_HELP}.`,
      samples: series.flatMap(({ check, labels }) =>
        VALUES[check.status].map((value) => ({ labels, value })),
      ),
    },
    {
      name: 'health_check_duration_seconds',
      type: 'histogram',
      unit: 'seconds',
      help: 'How long the probes took that came to an end.',
      samples: series.flatMap((one) => histogram(one, openMetrics)),
    },
    {
      name: 'health_check_runs_total',
      type: 'counter',
      help: 'Probes run, by what they found.',
      samples: series.flatMap(({ check, labels }) =>
        STATUSES.map((status) => ({
          labels: `${labels},status="${status}"`,
          value: check.runs[status],
        })),
      ),
    },
    {
      name: 'health_check_breaker_state',
      type: 'gauge',
      help: '1 for the state that the circuit breaker is in, 0 for the others.',
      samples: series.flatMap(({ check, labels }) =>
        BREAKER_PHASES.map((state) => ({
          labels: `${labels},state="${state}"`,
          value: check.breaker === state ? 1 : 0,
        })),
      ),
    },
    {
      name: 'health_check_breaker_trips_total',
      type: 'counter',
      help: 'Times that the circuit breaker opened.',
      samples: series.map(({ check, labels }) => ({ labels, value: check.trips })),
    },
    {
      name: 'health_check_last_run_timestamp_seconds',
      type: 'gauge',
      unit: 'seconds',
      help: 'When the check last ran, in seconds since the epoch; absent before the first time.',
      samples: series.flatMap(({ check: { checkedAt }, labels }) =>
        checkedAt === null ? [] : [{ labels, value: checkedAt / 1000 }],
      ),
    },
  ]
}

function wholeFamilies({ status, service: { name, version }, regions }: Report): Family[] {
  const named = label('service', name)
  const ofRegions: Family = {
    name: 'health_region_status',
    type: 'gauge',
    help: `What the region is found to be: ${VALUES_HELP}.`,
    samples: regions.flatMap(({ region, report }) =>
      VALUES[report.status].map((value) => ({ labels: label('region', region), value })),
    ),
  }
  return [
    ...(regions.length === 0 ? [] : [ofRegions]),
    {
      name: 'health_status',
      type: 'gauge',
      help: `What the whole is found to be: ${VALUES_HELP}.`,
      samples: VALUES[status].map((value) => ({ labels: '', value })),
    },
    {
      name: 'health_info',
      type: 'gauge',
      help: 'Always 1; the labels say whose health this is.',
      samples: [
        { labels: version === undefined ? named : `${named},${label('version', version)}`, value: 1 },
      ],
    },
  ]
}

function seriesIn({ checks, regions }: Report): Series[] {
  if (regions.length === 0) return checks.map((check) => ({ check, labels: label('check_name', check.name) }))
  return regions.flatMap(({ region, report }) =>
    report.checks.map((check) => ({
      check,
      labels: `${label('check_name', check.name)},${label('region', region)}`,
    })),
  )
}

/** OpenMetrics wants the bounds of buckets as floats, `1.0`; Prometheus itself writes `1`. */
const BOUNDS = BUCKETS_SECONDS.map(String)
const FLOAT_BOUNDS = BOUNDS.map((bound) => (bound.includes('.') ? bound : `${bound}.0`))

function histogram({ check, labels }: Series, openMetrics: boolean): Sample[] {
  const { counts, sumSeconds } = check.durations
  const bounds = openMetrics ? FLOAT_BOUNDS : BOUNDS
  let cumulated = 0
  const buckets = counts.map((count, index) => {
    cumulated += count
    return {
      suffix: '_bucket',
      labels: `${labels},le="${bounds[index] ?? '+Inf'}"`,
      value: cumulated,
    }
  })
  return [
    ...buckets,
    { suffix: '_sum', labels, value: sumSeconds },
    { suffix: '_count', labels, value: cumulated },
  ]
}

function render({ name, type, unit, help, samples }: Family, prefix: string, openMetrics: boolean): string {
  const full = `${prefix}_${name}`
  // In OpenMetrics `_total` belongs to a counter's sample, not to its family.
  const family = openMetrics && type === 'counter' ? full.slice(0, -'_total'.length) : full
  let text = `# HELP ${family} ${help}\n# TYPE ${family} ${type}\n`
  if (openMetrics && unit !== undefined) text += `# UNIT ${family} ${unit}\n`
  for (const { suffix = '', labels, value } of samples) {
    text += `${full}${suffix}${labels === '' ? '' : `{${labels}}`} ${value}\n`
  }
  return text
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' }

function label(name: string, value: string): string {
  // The text is sent as UTF-8, which has no lone surrogates.
  const text = value.toWellFormed()
  return `${name}="${text.replaceAll(/[\\"\n]/g, (character) => ESCAPES[character] ?? character)}"`
}
