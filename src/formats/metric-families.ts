import { BREAKER_PHASES } from '../core/breaker.ts'
import { NO_TOTALS, type Totals } from '../core/check-state.ts'
import { BUCKETS_SECONDS } from '../core/histogram.ts'
import type { CheckReport, Report } from '../core/report.ts'
import { STATUSES, type Status } from '../core/status.ts'

export interface MetricSample {
  /** Appended to the family's name. */
  readonly suffix?: string
  /** As the text has them, escaped: `check_name="db",state="open"`. */
  readonly labels: string
  readonly value: number
}

export interface MetricFamily {
  /** As Prometheus text has it: that of a counter ends in `_total`. */
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** A constant without backslash or newline, so that nothing in it needs escaping. */
  readonly help: string
  readonly samples: readonly MetricSample[]
}

const VALUES: Readonly<Record<Status, readonly number[]>> = {
  healthy: [1],
  degraded: [0.5],
  unhealthy: [0],
  // Nothing is proven, so nothing is said: a series that is absent can be alerted on, a made-up number cannot.
  unknown: [],
}

const VALUES_HELP = ' found to be: 1 healthy, 0.5 degraded, 0 unhealthy, absent when unknown.'

/**
 * The metrics of a report. With regions the series of checks are theirs, and only the words on the whole and of the
 * quorum are without a region.
 */
export function familiesOf(report: Report, isOpen: boolean): readonly MetricFamily[] {
  return [...checkFamilies(seriesIn(report), isOpen), ...wholeFamilies(report)]
}

/** One check in one cell, and the labels that all of its samples have. */
interface Series {
  readonly check: CheckReport
  readonly totals: Totals
  readonly labels: string
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

type Sampler = (series: Series) => MetricSample | readonly MetricSample[]

function checkFamilies(series: readonly Series[], isOpen: boolean): MetricFamily[] {
  const family = (name: string, type: MetricFamily['type'], help: string, sample: Sampler): MetricFamily => ({
    name: `health_check_${name}`,
    type,
    help,
    samples: series.flatMap(sample),
  })
  return [
    family('status', 'gauge', `What the check is${VALUES_HELP}`, ({ check, labels }) =>
      statusSamples(check.finding.status, labels),
    ),
    family('duration_seconds', 'histogram', 'How long the probes took that came to an end.', (one) =>
      histogram(one, isOpen),
    ),
    family('runs_total', 'counter', 'Probes run, by what they found.', ({ totals, labels }) =>
      STATUSES.map((status) => ({ labels: `${labels},status="${status}"`, value: totals.runs[status] })),
    ),
    family(
      'breaker_state',
      'gauge',
      '1 for the state that the circuit breaker is in, 0 for the others.',
      ({ check, labels }) =>
        BREAKER_PHASES.map((state) => ({
          labels: `${labels},state="${state}"`,
          value: check.finding.breaker === state ? 1 : 0,
        })),
    ),
    family(
      'breaker_trips_total',
      'counter',
      'Times that the circuit breaker opened.',
      ({ totals, labels }) => ({ labels, value: totals.trips }),
    ),
    family(
      'last_run_timestamp_seconds',
      'gauge',
      'When the check last ran, in seconds since the epoch; absent before the first time.',
      ({ check, labels }) => timeSamples(check.probe.checkedAt, labels),
    ),
    family('info', 'gauge', 'Always 1; the labels say what the check is.', ({ check, labels }) => ({
      labels: `${labels},${label('kind', check.kind)},critical="${check.policy.critical}"`,
      value: 1,
    })),
    family('observed', 'gauge', 'What the last run of the check measured.', ({ check, labels }) => {
      const { observed } = check.probe
      return observed === undefined
        ? []
        : { labels: `${labels},${label('unit', observed.unit)}`, value: observed.value }
    }),
  ]
}

function wholeFamilies({ status, state, checkedAt, service, checks, regions }: Report): MetricFamily[] {
  const gauge = (name: string, help: string, samples: readonly MetricSample[]): MetricFamily => ({
    name: `health_${name}`,
    type: 'gauge',
    help,
    samples,
  })
  const { name, version } = service
  const info = label('service', name) + (version === undefined ? '' : `,${label('version', version)}`)
  const places = regions.map(({ region, report }) => ({ report, labels: label('region', region) }))
  const ofRegions = [
    gauge(
      'region_status',
      `What the region is${VALUES_HELP}`,
      places.flatMap(({ report, labels }) => statusSamples(report.status, labels)),
    ),
    gauge(
      'check_quorum_status',
      `What the quorum of regions says that the check is${VALUES_HELP}`,
      checks.flatMap((check) => statusSamples(check.finding.status, label('check_name', check.name))),
    ),
  ]
  return [
    ...(regions.length === 0 ? [] : ofRegions),
    gauge('status', `What the whole is${VALUES_HELP}`, statusSamples(status, '')),
    gauge(
      'last_round_timestamp_seconds',
      'When the last round settled, in seconds since the epoch; absent before the first one.',
      regions.length === 0
        ? timeSamples(checkedAt, '')
        : places.flatMap(({ report, labels }) => timeSamples(report.checkedAt, labels)),
    ),
    gauge(
      'state_local',
      '1 while the store of the state cannot be reached, so that this process checks by itself.',
      [{ labels: '', value: state === 'local' ? 1 : 0 }],
    ),
    gauge('info', 'Always 1; the labels say whose health this is.', [{ labels: info, value: 1 }]),
  ]
}

function statusSamples(status: Status, labels: string): MetricSample[] {
  return VALUES[status].map((value) => ({ labels, value }))
}

function timeSamples(at: number | null, labels: string): MetricSample[] {
  return at === null ? [] : [{ labels, value: at / 1000 }]
}

/** OpenMetrics wants the bounds of buckets as floats, `1.0`; Prometheus itself writes `1`. */
const BOUNDS = BUCKETS_SECONDS.map(String)
const FLOAT_BOUNDS = BOUNDS.map((bound) => (bound.includes('.') ? bound : `${bound}.0`))

function histogram({ totals, labels }: Series, isOpen: boolean): MetricSample[] {
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

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' }

function label(name: string, value: string): string {
  // UTF-8 has no lone surrogates.
  const wellFormed = value.toWellFormed()
  return `${name}="${wellFormed.replaceAll(/[\\"\n]/g, (character) => ESCAPES[character] ?? character)}"`
}
