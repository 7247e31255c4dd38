import { BREAKER_PHASES } from '../core/breaker.ts'
import { BUCKETS_SECONDS } from '../core/histogram.ts'
import { NO_TOTALS, type Totals } from '../core/check-state.ts'
import type { Format } from '../core/plugin.ts'
import type { CheckReport, Report } from '../core/report.ts'
import { STATUSES, type Status } from '../core/status.ts'

/**
 * The report as metrics: in OpenMetrics 1.0 (https://prometheus.io/docs/specs/om/open_metrics_spec/), or else in
 * Prometheus text 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/).
 *
 * Nothing in the metrics ages, and the checks of a report that a process keeps are the same objects from scrape to
 * scrape: they are rendered once.
 *
 * @param prefix the first word of every metric.
 */
export function metricsFormat(prefix: string, isOpen: boolean): Format {
  const texts = new WeakMap<Report['checks'], string>()
  const [mediaType, version] = isOpen ? ['application/openmetrics-text', '1.0.0'] : ['text/plain', '0.0.4']
  return {
    name: isOpen ? 'openmetrics' : 'prometheus',
    mediaTypes: [mediaType],
    render: ({ report }) => {
      const body = texts.get(report.checks) ?? textOf(report, prefix, isOpen)
      texts.set(report.checks, body)
      return { type: `${mediaType}; version=${version}; charset=utf-8`, body }
    },
  }
}

/** With regions the series of checks are theirs, and only the status and the name are those of the whole. */
function textOf(report: Report, prefix: string, isOpen: boolean): string {
  const families = [...checkFamilies(seriesIn(report), isOpen), ...wholeFamilies(report)]
  const rendered = families.map((family) => render(family, prefix, isOpen)).join('')
  return isOpen ? `${rendered}# EOF\n` : rendered
}

/** One check in one cell, and the labels that all of its samples have. */
interface Series {
  readonly check: CheckReport
  readonly totals: Totals
  readonly labels: string
}

interface Sample {
  /** Appended to the family's name. */
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

function checkFamilies(series: readonly Series[], isOpen: boolean): Family[] {
  return [
    {
      name: 'health_check_status',
      type: 'gauge',
      help: `What the check is found to be: ${VALUES_HELP}.`,
      samples: series.flatMap(({ check, labels }) =>
        VALUES[check.finding.status].map((value) => ({ labels, value })),
      ),
    },
    {
      name: 'health_check_duration_seconds',
      type: 'histogram',
      unit: 'seconds',
      help: 'How long the probes took that came to an end.',
      samples: series.flatMap((one) => histogram(one, isOpen)),
    },
    {
      name: 'health_check_runs_total',
      type: 'counter',
      help: 'Probes run, by what they found.',
      samples: series.flatMap(({ totals, labels }) =>
        STATUSES.map((status) => ({
          labels: `${labels},status="${status}"`,
          value: totals.runs[status],
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
          value: check.finding.breaker === state ? 1 : 0,
        })),
      ),
    },
    {
      name: 'health_check_breaker_trips_total',
      type: 'counter',
      help: 'Times that the circuit breaker opened.',
      samples: series.map(({ totals, labels }) => ({ labels, value: totals.trips })),
    },
    {
      name: 'health_check_last_run_timestamp_seconds',
      type: 'gauge',
      unit: 'seconds',
      help: 'When the check last ran, in seconds since the epoch; absent before the first time.',
      samples: series.flatMap(({ check: { probe }, labels }) =>
        probe.checkedAt === null ? [] : [{ labels, value: probe.checkedAt / 1000 }],
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
  if (regions.length === 0) return checks.map((check) => seriesOf(check))
  return regions.flatMap(({ region, report }) => report.checks.map((check) => seriesOf(check, region)))
}

function seriesOf(check: CheckReport, region?: string): Series {
  const named = label('check_name', check.name)
  const labels = region === undefined ? named : `${named},${label('region', region)}`
  return { check, totals: check.totals ?? NO_TOTALS, labels }
}

/** OpenMetrics wants the bounds of buckets as floats, `1.0`; Prometheus itself writes `1`. */
const BOUNDS = BUCKETS_SECONDS.map(String)
const FLOAT_BOUNDS = BOUNDS.map((bound) => (bound.includes('.') ? bound : `${bound}.0`))

function histogram({ totals, labels }: Series, isOpen: boolean): Sample[] {
  const { counts, sumSeconds } = totals.durations
  const bounds = isOpen ? FLOAT_BOUNDS : BOUNDS
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

function render({ name, type, unit, help, samples }: Family, prefix: string, isOpen: boolean): string {
  const full = `${prefix}_${name}`
  // In OpenMetrics `_total` belongs to a counter's sample, not to its family.
  const family = isOpen && type === 'counter' ? full.slice(0, -'_total'.length) : full
  let rendered = `# HELP ${family} ${help}\n# TYPE ${family} ${type}\n`
  if (isOpen && unit !== undefined) rendered += `# UNIT ${family} ${unit}\n`
  for (const { suffix = '', labels, value } of samples) {
    rendered += `${full}${suffix}${labels === '' ? '' : `{${labels}}`} ${value}\n`
  }
  return rendered
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' }

function label(name: string, value: string): string {
  // UTF-8 has no lone surrogates.
  const wellFormed = value.toWellFormed()
  return `${name}="${wellFormed.replaceAll(/[\\"\n]/g, (character) => ESCAPES[character] ?? character)}"`
}
