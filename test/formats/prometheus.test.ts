import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { BreakerPhase } from '../../src/core/breaker.ts'
import { EMPTY_HISTOGRAM, type Histogram, observe } from '../../src/core/histogram.ts'
import { NO_TOTALS } from '../../src/core/check-state.ts'
import { resolvePolicy } from '../../src/core/policy.ts'
import type { CheckReport, Report } from '../../src/core/report.ts'
import type { Status } from '../../src/core/status.ts'
import { metricsFormat } from '../../src/formats/prometheus.ts'
import { inCi } from '../ci.ts'

const NEVER_RUN: CheckReport = {
  name: 'postgres',
  kind: 'custom',
  policy: resolvePolicy({}),
  finding: { status: 'unknown', detail: 'not run yet', breaker: 'closed' },
  probe: { durationMs: 0, error: undefined, observed: undefined, checkedAt: null },
  totals: NO_TOTALS,
}

const EMPTY: Report = {
  service: { name: 'shop', version: '1.4.2' },
  status: 'healthy',
  state: 'shared',
  checkedAt: 1_795_410_000_250,
  ageMs: 0,
  nextRoundMs: 5000,
  startedUp: true,
  checks: [],
  regions: [],
}

function after(...seconds: readonly number[]): Histogram {
  return seconds.reduce(observe, EMPTY_HISTOGRAM)
}

const RAN: CheckReport = {
  ...NEVER_RUN,
  name: 'redis',
  finding: { status: 'degraded', detail: 'slow', breaker: 'closed' },
  probe: { ...NEVER_RUN.probe, checkedAt: 1_795_410_000_250 },
  totals: {
    ...NO_TOTALS,
    runs: { healthy: 2, degraded: 1, unhealthy: 0, unknown: 4 },
    durations: after(0.005, 0.25, 12),
  },
}

const OPEN: CheckReport = {
  ...RAN,
  name: 'api',
  finding: { status: 'unhealthy', detail: 'circuit open', breaker: 'open' },
  totals: { ...(RAN.totals ?? NO_TOTALS), trips: 2 },
}

interface MetricsOptions {
  readonly prefix: string
  readonly isOpen: boolean
}

function metrics(
  report: Partial<Report>,
  { prefix = 'app', isOpen = false }: Partial<MetricsOptions> = {},
): string {
  const { render } = metricsFormat(prefix, isOpen)
  const full = { ...EMPTY, checks: [], ...report }
  return render({ status: full.status, report: full, isPrivate: false }).body
}

test('Prometheus text, byte for byte', () => {
  expect(metrics({ status: 'degraded', checks: [RAN, NEVER_RUN] })).toMatchInlineSnapshot(`
    "# HELP app_health_check_status What the check is found to be: 1 healthy, 0.5 degraded, 0 unhealthy, absent when unknown.
    # TYPE app_health_check_status gauge
    app_health_check_status{check_name="redis"} 0.5
    # HELP app_health_check_duration_seconds How long the probes took that came to an end.
    # TYPE app_health_check_duration_seconds histogram
    app_health_check_duration_seconds_bucket{check_name="redis",le="0.005"} 1
    app_health_check_duration_seconds_bucket{check_name="redis",le="0.01"} 1
    app_health_check_duration_seconds_bucket{check_name="redis",le="0.025"} 1
    app_health_check_duration_seconds_bucket{check_name="redis",le="0.05"} 1
    app_health_check_duration_seconds_bucket{check_name="redis",le="0.1"} 1
    app_health_check_duration_seconds_bucket{check_name="redis",le="0.25"} 2
    app_health_check_duration_seconds_bucket{check_name="redis",le="0.5"} 2
    app_health_check_duration_seconds_bucket{check_name="redis",le="1"} 2
    app_health_check_duration_seconds_bucket{check_name="redis",le="2.5"} 2
    app_health_check_duration_seconds_bucket{check_name="redis",le="5"} 2
    app_health_check_duration_seconds_bucket{check_name="redis",le="10"} 2
    app_health_check_duration_seconds_bucket{check_name="redis",le="+Inf"} 3
    app_health_check_duration_seconds_sum{check_name="redis"} 12.255
    app_health_check_duration_seconds_count{check_name="redis"} 3
    app_health_check_duration_seconds_bucket{check_name="postgres",le="0.005"} 0
    app_health_check_duration_seconds_bucket{check_name="postgres",le="0.01"} 0
    app_health_check_duration_seconds_bucket{check_name="postgres",le="0.025"} 0
    app_health_check_duration_seconds_bucket{check_name="postgres",le="0.05"} 0
    app_health_check_duration_seconds_bucket{check_name="postgres",le="0.1"} 0
    app_health_check_duration_seconds_bucket{check_name="postgres",le="0.25"} 0
    app_health_check_duration_seconds_bucket{check_name="postgres",le="0.5"} 0
    app_health_check_duration_seconds_bucket{check_name="postgres",le="1"} 0
    app_health_check_duration_seconds_bucket{check_name="postgres",le="2.5"} 0
    app_health_check_duration_seconds_bucket{check_name="postgres",le="5"} 0
    app_health_check_duration_seconds_bucket{check_name="postgres",le="10"} 0
    app_health_check_duration_seconds_bucket{check_name="postgres",le="+Inf"} 0
    app_health_check_duration_seconds_sum{check_name="postgres"} 0
    app_health_check_duration_seconds_count{check_name="postgres"} 0
    # HELP app_health_check_runs_total Probes run, by what they found.
    # TYPE app_health_check_runs_total counter
    app_health_check_runs_total{check_name="redis",status="healthy"} 2
    app_health_check_runs_total{check_name="redis",status="degraded"} 1
    app_health_check_runs_total{check_name="redis",status="unhealthy"} 0
    app_health_check_runs_total{check_name="redis",status="unknown"} 4
    app_health_check_runs_total{check_name="postgres",status="healthy"} 0
    app_health_check_runs_total{check_name="postgres",status="degraded"} 0
    app_health_check_runs_total{check_name="postgres",status="unhealthy"} 0
    app_health_check_runs_total{check_name="postgres",status="unknown"} 0
    # HELP app_health_check_breaker_state 1 for the state that the circuit breaker is in, 0 for the others.
    # TYPE app_health_check_breaker_state gauge
    app_health_check_breaker_state{check_name="redis",state="closed"} 1
    app_health_check_breaker_state{check_name="redis",state="open"} 0
    app_health_check_breaker_state{check_name="redis",state="half-open"} 0
    app_health_check_breaker_state{check_name="postgres",state="closed"} 1
    app_health_check_breaker_state{check_name="postgres",state="open"} 0
    app_health_check_breaker_state{check_name="postgres",state="half-open"} 0
    # HELP app_health_check_breaker_trips_total Times that the circuit breaker opened.
    # TYPE app_health_check_breaker_trips_total counter
    app_health_check_breaker_trips_total{check_name="redis"} 0
    app_health_check_breaker_trips_total{check_name="postgres"} 0
    # HELP app_health_check_last_run_timestamp_seconds When the check last ran, in seconds since the epoch; absent before the first time.
    # TYPE app_health_check_last_run_timestamp_seconds gauge
    app_health_check_last_run_timestamp_seconds{check_name="redis"} 1795410000.25
    # HELP app_health_check_info Always 1; the labels say what the check is.
    # TYPE app_health_check_info gauge
    app_health_check_info{check_name="redis",kind="custom",critical="true"} 1
    app_health_check_info{check_name="postgres",kind="custom",critical="true"} 1
    # HELP app_health_check_observed What the last run of the check measured.
    # TYPE app_health_check_observed gauge
    # HELP app_health_status What the whole is found to be: 1 healthy, 0.5 degraded, 0 unhealthy, absent when unknown.
    # TYPE app_health_status gauge
    app_health_status 0.5
    # HELP app_health_last_round_timestamp_seconds When the last round settled, in seconds since the epoch; absent before the first one.
    # TYPE app_health_last_round_timestamp_seconds gauge
    app_health_last_round_timestamp_seconds 1795410000.25
    # HELP app_health_state_local 1 while the store of the state cannot be reached, so that this process checks by itself.
    # TYPE app_health_state_local gauge
    app_health_state_local 0
    # HELP app_health_info Always 1; the labels say whose health this is.
    # TYPE app_health_info gauge
    app_health_info{service="shop",version="1.4.2"} 1
    "
  `)
})

test('OpenMetrics, byte for byte', () => {
  expect(metrics({ status: 'unhealthy', checks: [OPEN] }, { isOpen: true })).toMatchInlineSnapshot(`
    "# HELP app_health_check_status What the check is found to be: 1 healthy, 0.5 degraded, 0 unhealthy, absent when unknown.
    # TYPE app_health_check_status gauge
    app_health_check_status{check_name="api"} 0
    # HELP app_health_check_duration_seconds How long the probes took that came to an end.
    # TYPE app_health_check_duration_seconds histogram
    # UNIT app_health_check_duration_seconds seconds
    app_health_check_duration_seconds_bucket{check_name="api",le="0.005"} 1
    app_health_check_duration_seconds_bucket{check_name="api",le="0.01"} 1
    app_health_check_duration_seconds_bucket{check_name="api",le="0.025"} 1
    app_health_check_duration_seconds_bucket{check_name="api",le="0.05"} 1
    app_health_check_duration_seconds_bucket{check_name="api",le="0.1"} 1
    app_health_check_duration_seconds_bucket{check_name="api",le="0.25"} 2
    app_health_check_duration_seconds_bucket{check_name="api",le="0.5"} 2
    app_health_check_duration_seconds_bucket{check_name="api",le="1.0"} 2
    app_health_check_duration_seconds_bucket{check_name="api",le="2.5"} 2
    app_health_check_duration_seconds_bucket{check_name="api",le="5.0"} 2
    app_health_check_duration_seconds_bucket{check_name="api",le="10.0"} 2
    app_health_check_duration_seconds_bucket{check_name="api",le="+Inf"} 3
    app_health_check_duration_seconds_sum{check_name="api"} 12.255
    app_health_check_duration_seconds_count{check_name="api"} 3
    # HELP app_health_check_runs Probes run, by what they found.
    # TYPE app_health_check_runs counter
    app_health_check_runs_total{check_name="api",status="healthy"} 2
    app_health_check_runs_total{check_name="api",status="degraded"} 1
    app_health_check_runs_total{check_name="api",status="unhealthy"} 0
    app_health_check_runs_total{check_name="api",status="unknown"} 4
    # HELP app_health_check_breaker_state 1 for the state that the circuit breaker is in, 0 for the others.
    # TYPE app_health_check_breaker_state gauge
    app_health_check_breaker_state{check_name="api",state="closed"} 0
    app_health_check_breaker_state{check_name="api",state="open"} 1
    app_health_check_breaker_state{check_name="api",state="half-open"} 0
    # HELP app_health_check_breaker_trips Times that the circuit breaker opened.
    # TYPE app_health_check_breaker_trips counter
    app_health_check_breaker_trips_total{check_name="api"} 2
    # HELP app_health_check_last_run_timestamp_seconds When the check last ran, in seconds since the epoch; absent before the first time.
    # TYPE app_health_check_last_run_timestamp_seconds gauge
    # UNIT app_health_check_last_run_timestamp_seconds seconds
    app_health_check_last_run_timestamp_seconds{check_name="api"} 1795410000.25
    # HELP app_health_check_info Always 1; the labels say what the check is.
    # TYPE app_health_check_info gauge
    app_health_check_info{check_name="api",kind="custom",critical="true"} 1
    # HELP app_health_check_observed What the last run of the check measured.
    # TYPE app_health_check_observed gauge
    # HELP app_health_status What the whole is found to be: 1 healthy, 0.5 degraded, 0 unhealthy, absent when unknown.
    # TYPE app_health_status gauge
    app_health_status 0
    # HELP app_health_last_round_timestamp_seconds When the last round settled, in seconds since the epoch; absent before the first one.
    # TYPE app_health_last_round_timestamp_seconds gauge
    # UNIT app_health_last_round_timestamp_seconds seconds
    app_health_last_round_timestamp_seconds 1795410000.25
    # HELP app_health_state_local 1 while the store of the state cannot be reached, so that this process checks by itself.
    # TYPE app_health_state_local gauge
    app_health_state_local 0
    # HELP app_health_info Always 1; the labels say whose health this is.
    # TYPE app_health_info gauge
    app_health_info{service="shop",version="1.4.2"} 1
    # EOF
    "
  `)
})

test('what nothing changed is rendered once, and never for another prefix or format', () => {
  const checks = [RAN]
  const first = { ...EMPTY, checks }
  const subject = (report: Report) => ({ status: report.status, report, isPrivate: false })
  const format = metricsFormat('app', false)
  expect(format.render(subject(first)).body).toBe(format.render(subject({ ...first, ageMs: 99 })).body)
  expect(metricsFormat('shop', false).render(subject(first)).body).toContain('\nshop_health_status 1\n')
  expect(metricsFormat('app', true).render(subject(first)).body).toMatch(/# EOF\n$/)
  const next = { ...first, status: 'degraded', checks: [OPEN] } as const
  expect(format.render(subject(next)).body).toContain('\napp_health_status 0.5\n')
})

test.each<[Status, readonly number[]]>([
  ['healthy', [1]],
  ['degraded', [0.5]],
  ['unhealthy', [0]],
  ['unknown', []],
])('%s, of a check and of the whole, is the gauge %j', (status, values) => {
  const text = metrics({ status, checks: [{ ...RAN, finding: { ...RAN.finding, status } }] })
  expect(samplesOf(text, 'app_health_check_status').map(({ value }) => value)).toEqual(values)
  expect(samplesOf(text, 'app_health_status').map(({ value }) => value)).toEqual(values)
})

test.each<BreakerPhase>(['closed', 'open', 'half-open'])(
  'of the states of a breaker only %s is 1',
  (breaker) => {
    const states = samplesOf(
      metrics({ checks: [{ ...RAN, finding: { ...RAN.finding, breaker } }] }),
      'app_health_check_breaker_state',
    )
    const values = Object.fromEntries(states.map(({ labels, value }) => [labels['state'], value]))
    expect(values).toEqual({ closed: 0, open: 0, 'half-open': 0, [breaker]: 1 })
  },
)

test('the buckets of a histogram are cumulated, and the last of them is the count', () => {
  const text = metrics({
    checks: [{ ...RAN, totals: { ...NO_TOTALS, durations: after(0.001, 0.005, 0.006, 10, 99) } }],
  })
  const duration = 'app_health_check_duration_seconds'
  const buckets = samplesOf(text, `${duration}_bucket`).map(({ labels, value }) => [labels['le'], value])
  expect(buckets).toEqual([
    ['0.005', 2],
    ['0.01', 3],
    ...['0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '5'].map((bound) => [bound, 3]),
    ['10', 4],
    ['+Inf', 5],
  ])
  expect(samplesOf(text, `${duration}_count`)).toMatchObject([{ value: 5 }])
  expect(samplesOf(text, `${duration}_sum`)[0]?.value).toBeCloseTo(109.012)
})

test('a service without a version has no such label', () => {
  const text = metrics({ service: { name: 'shop' } })
  expect(samplesOf(text, 'app_health_info')).toMatchObject([{ labels: { service: 'shop' }, value: 1 }])
})

test('the prefix is the first word of every metric', () => {
  for (const isOpen of [false, true]) {
    const text = metrics({ checks: [RAN] }, { prefix: 'shop_eu', isOpen })
    for (const { name } of parse(text)) expect(name).toMatch(/^shop_eu_health_/)
  }
})

test('what a check is, what it measured and when the last round was', () => {
  const probe = { ...RAN.probe, observed: { value: 91.5, unit: 'per"cent' } }
  const text = metrics({ checks: [{ ...RAN, kind: 'disk', probe }], state: 'local' })
  expect(samplesOf(text, 'app_health_check_info')).toEqual([
    {
      name: 'app_health_check_info',
      labels: { check_name: 'redis', kind: 'disk', critical: 'true' },
      value: 1,
    },
  ])
  expect(samplesOf(text, 'app_health_check_observed')).toMatchObject([
    { labels: { check_name: 'redis', unit: 'per"cent' }, value: 91.5 },
  ])
  expect(samplesOf(text, 'app_health_last_round_timestamp_seconds')).toMatchObject([
    { value: 1_795_410_000.25 },
  ])
  expect(samplesOf(text, 'app_health_state_local')).toMatchObject([{ value: 1 }])
  const none = metrics({ checks: [NEVER_RUN], checkedAt: null })
  expect(samplesOf(none, 'app_health_check_observed')).toEqual([])
  expect(samplesOf(none, 'app_health_last_round_timestamp_seconds')).toEqual([])
  expect(samplesOf(none, 'app_health_state_local')).toMatchObject([{ value: 0 }])
})

describe('with regions', () => {
  const regions = [
    { region: 'weur', colo: 'AMS', report: { ...EMPTY, status: 'degraded', checks: [RAN] } },
    { region: 'apac-ne', colo: null, report: { ...EMPTY, status: 'unhealthy', checks: [OPEN] } },
    { region: 'oc', colo: null, report: { ...EMPTY, status: 'unknown', checks: [NEVER_RUN] } },
  ] as const
  const text = metrics({ status: 'degraded', checks: [RAN], regions })
  const found = parse(text).flatMap(({ samples }) => samples)

  test('only the series of the whole carry none', () => {
    const whole = found.filter(({ labels }) => !('region' in labels))
    expect([...new Set(whole.map(({ name }) => name))]).toEqual([
      'app_health_check_quorum_status',
      'app_health_status',
      'app_health_state_local',
      'app_health_info',
    ])
  })

  test('the series of a check are those that each region reports', () => {
    const statuses = samplesOf(text, 'app_health_check_status')
    expect(statuses.map(({ labels, value }) => [labels, value])).toEqual([
      [{ check_name: 'redis', region: 'weur' }, 0.5],
      [{ check_name: 'api', region: 'apac-ne' }, 0],
    ])
    const named = found.filter(
      ({ name, labels }) => labels['check_name'] === 'redis' && !name.endsWith('quorum_status'),
    )
    expect(named.every(({ labels }) => labels['region'] === 'weur')).toBe(true)
    const alone = parse(metrics({ checks: [RAN] })).flatMap(({ samples }) => samples)
    expect(named).toHaveLength(alone.filter(({ labels }) => 'check_name' in labels).length)
  })

  test('the word of the quorum on each check is told', () => {
    const words = samplesOf(text, 'app_health_check_quorum_status')
    expect(words.map(({ labels, value }) => [labels, value])).toEqual([[{ check_name: 'redis' }, 0.5]])
  })

  test('the last round of each is told', () => {
    const rounds = samplesOf(text, 'app_health_last_round_timestamp_seconds')
    expect(rounds.map(({ labels }) => labels)).toEqual([
      { region: 'weur' },
      { region: 'apac-ne' },
      { region: 'oc' },
    ])
  })

  test('the status of each is told, too', () => {
    const statuses = samplesOf(text, 'app_health_region_status')
    expect(statuses.map(({ labels, value }) => [labels['region'], value])).toEqual([
      ['weur', 0.5],
      ['apac-ne', 0],
    ])
  })
})

const NASTY = [
  ['a quote', 'sh"op'],
  ['a quote at the end', 'shop"'],
  ['a backslash', 'sh\\op'],
  ['a backslash at the end', 'shop\\'],
  ['a new line', 'sh\nop'],
  ['a backslash and an n, which are no new line', 'sh\\nop'],
  ['all three, twice', '\\"\n\\"\n'],
  ['the end of a sample', 'shop"} 2\napp_health_status 1'],
  ['the end of the text', '\n# EOF\n'],
  ['a comment', '# TYPE shop gauge'],
  ['braces, commas, equals signs', '{a="b",c=1}'],
  ['a carriage return, a tab and a NUL', '\r\t\0'],
  ['line separators that are none here', '\u0085\u2028\u2029\v\f'],
  ['what a replacement would expand', '$& $1 $$'],
  ['letters of the world', 'Größe 店 🛒'],
  ['nothing but spaces', '  '],
] as const

describe('a service whose name and version hold', () => {
  test.each(NASTY)('%s is told as it is', (_, nasty) => {
    for (const isOpen of [false, true]) {
      const text = metrics({ service: { name: nasty, version: nasty } }, { isOpen })
      const sent = Buffer.from(text, 'utf8').toString('utf8')
      expect(samplesOf(sent, 'app_health_info')).toMatchObject([
        { labels: { service: nasty, version: nasty } },
      ])
    }
  })

  test('half a surrogate pair is told with a replacement, as UTF-8 would have it', () => {
    const text = metrics({ service: { name: 'sh\ud800op', version: '\udc00' } })
    expect(text.isWellFormed()).toBe(true)
    const labels = { service: 'sh\ufffdop', version: '\ufffd' }
    expect(samplesOf(text, 'app_health_info')).toMatchObject([{ labels }])
  })
})

// With CI set a missing promtool is a failure, not a skip.
const isMissing = spawnSync('promtool', ['--version']).error !== undefined && !inCi

describe.skipIf(isMissing)('Prometheus itself accepts', () => {
  const checks = [
    RAN,
    OPEN,
    { ...OPEN, name: 'half', finding: { ...OPEN.finding, breaker: 'half-open' as const } },
    NEVER_RUN,
  ]
  const reports: readonly Partial<Report>[] = [
    ...NASTY.map(([, nasty]) => ({ service: { name: nasty, version: nasty }, checks })),
    { status: 'unknown', checks: [NEVER_RUN] },
    { regions: [{ region: 'weur', colo: null, report: { ...EMPTY, checks } }] },
    { status: 'unknown', checks: [] },
  ]

  test('the text, and its linter finds nothing', () => {
    for (const report of reports) {
      const { status, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: metrics(report) })
      expect({ status, said: String(stderr) }).toEqual({ status: 0, said: '' })
    }
  })

  test('OpenMetrics', () => {
    const folder = mkdtempSync(join(tmpdir(), 'allclear-'))
    try {
      // The one command that reads OpenMetrics wants a time at every sample.
      const text = metrics({ checks, service: { name: '\\"\n', version: '1' } }, { isOpen: true })
      writeFileSync(join(folder, 'metrics'), text.replaceAll(/^[^#].*$/gm, '$& 1795410000'))
      const args = [
        'tsdb',
        'create-blocks-from',
        'openmetrics',
        join(folder, 'metrics'),
        join(folder, 'blocks'),
      ]
      const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' })
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      const samples = parse(text).flatMap((family) => family.samples)
      expect(stdout, 'every sample is read').toMatch(new RegExp(`\\b1ms +${samples.length} `))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

interface ParsedSample {
  readonly name: string
  readonly labels: Record<string, string>
  readonly value: number
}

interface ParsedFamily {
  readonly name: string
  readonly samples: ParsedSample[]
}

function samplesOf(text: string, name: string): ParsedSample[] {
  return parse(text).flatMap(({ samples }) => samples.filter((sample) => sample.name === name))
}

/** Reads either format by its grammar, one character after the other; throws at whatever does not belong there. */
function parse(text: string): ParsedFamily[] {
  const families: ParsedFamily[] = []
  let at = 0
  const take = (pattern: RegExp, what: string): string => {
    const sticky = new RegExp(pattern, 'y')
    sticky.lastIndex = at
    const found = sticky.exec(text)?.[0]
    if (found === undefined) throw new Error(`expected ${what} at ${JSON.stringify(text.slice(at, at + 60))}`)
    at += found.length
    return found
  }
  const next = (literal: string): boolean => text.startsWith(literal, at) && (at += literal.length) > 0
  const quoted = (): string => {
    let value = ''
    for (take(/"/, 'a quote'); !next('"');) {
      if (next('\\n')) value += '\n'
      else if (next('\\\\')) value += '\\'
      else if (next('\\"')) value += '"'
      else value += take(/[^\\\n]/, 'a character of a label')
    }
    return value
  }
  const sample = (): ParsedSample => {
    const name = take(/[a-zA-Z_:][a-zA-Z0-9_:]*/, 'a metric')
    const labels: Record<string, string> = {}
    if (next('{')) {
      do {
        const key = take(/[a-zA-Z_][a-zA-Z0-9_]*/, 'a label')
        if (key in labels) throw new Error(`the label ${key} twice`)
        take(/=/, 'an equals sign')
        labels[key] = quoted()
      } while (next(','))
      take(/}/, 'a closing brace')
    }
    const value = Number(take(/ [-+.0-9e]+\n/, 'a value').trim())
    return { name, labels, value }
  }
  while (at < text.length && text.slice(at) !== '# EOF\n') {
    if (next('# HELP ')) {
      const name = take(/\w+/, 'a family')
      if (families.some((family) => family.name === name)) throw new Error(`the family ${name} twice`)
      take(/ [^\\\n]+\n/, 'a help text')
      take(new RegExp(`# TYPE ${name} (counter|gauge|histogram)\n(# UNIT ${name} seconds\n)?`), 'a type')
      families.push({ name, samples: [] })
    } else {
      const found = sample()
      const family = families.at(-1)
      if (!found.name.startsWith(family?.name ?? '?')) throw new Error(`${found.name} in ${family?.name}`)
      family?.samples.push(found)
    }
  }
  return families
}
