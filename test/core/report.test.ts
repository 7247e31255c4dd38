import { describe, expect, test } from 'vitest'
import type { PolicyOptions } from '../../src/core/check.ts'
import { type Health, type HealthOptions, defineHealth } from '../../src/core/define.ts'
import { EMPTY_HISTOGRAM } from '../../src/core/histogram.ts'
import { type CheckReport, type Report, report, select } from '../../src/core/report.ts'
import { checkOf } from '../health.ts'
import { BAD, GOOD, START, type Scene, UNKNOWN, result, sceneOf } from './scene.ts'

const BREAKER = { failures: 1, resetAfterMs: 30_000 }

function healthOf(
  checks: Readonly<Record<string, PolicyOptions>>,
  options: Partial<HealthOptions<unknown>> = {},
): Health<never> {
  const named = Object.entries(checks).map(([name, policy]) => [name, checkOf(async () => {}, policy)])
  return defineHealth({ ...options, checks: Object.fromEntries(named) })
}

/** A cell of this definition, and the report that it makes at any moment. */
function reportingOn(health: Health<never>): Scene & { readonly now: () => Report } {
  const scene = sceneOf(health)
  return { ...scene, now: () => report(health, scene.reading(), 'shared') }
}

function checkIn({ checks }: Report, name: string): CheckReport {
  const found = checks.find((check) => check.name === name)
  if (found === undefined) throw new Error(`no check ${name} in the report`)
  return found
}

test('a round that went well', () => {
  const service = { name: 'shop', version: '1.4.2' }
  const cell = reportingOn(healthOf({ db: { tags: ['data'] } }, { service }))
  cell.round({
    db: { ...result('healthy', 12.4), error: 'a notice', observed: { value: 9, unit: 'percent' } },
  })
  cell.after(812)
  expect(cell.now()).toEqual({
    service,
    status: 'healthy',
    state: 'shared',
    checkedAt: START,
    ageMs: 812,
    nextRoundMs: 4188,
    startedUp: true,
    checks: [
      {
        name: 'db',
        status: 'healthy',
        critical: true,
        tags: ['data'],
        probes: ['ready', 'startup'],
        durationMs: 12.4,
        detail: '',
        error: 'a notice',
        observed: { value: 9, unit: 'percent' },
        breaker: 'closed',
        checkedAt: START,
        retryAt: undefined,
        runs: { healthy: 1, degraded: 0, unhealthy: 0, unknown: 0 },
        trips: 0,
        durations: { counts: [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0], sumSeconds: 0.0124 },
      },
    ],
    regions: [],
  })
})

test('a cell that never ran knows nothing, and says so', () => {
  const { now } = reportingOn(healthOf({ db: {}, constructor: {} }))
  expect(now()).toMatchObject({
    status: 'unknown',
    checkedAt: null,
    ageMs: null,
    nextRoundMs: 0,
    startedUp: false,
  })
  for (const check of now().checks) {
    expect(check).toMatchObject({
      status: 'unknown',
      detail: 'not run yet',
      durationMs: 0,
      breaker: 'closed',
      checkedAt: null,
      retryAt: undefined,
      error: undefined,
      runs: { healthy: 0, degraded: 0, unhealthy: 0, unknown: 0 },
      durations: EMPTY_HISTOGRAM,
    })
  }
})

test('a check that a deploy added is not run yet, whatever the others are', () => {
  const cell = reportingOn(healthOf({ db: {} }))
  cell.round()
  const full = report(healthOf({ db: {}, added: {} }), cell.reading(), 'shared')
  expect(full.status).toBe('unknown')
  expect(checkIn(full, 'added')).toMatchObject({ status: 'unknown', detail: 'not run yet' })
  expect(checkIn(full, 'db')).toMatchObject({ status: 'healthy' })
})

test('checks are in the order of the definition, not in that of the round', () => {
  const cell = reportingOn(healthOf({ slow: {}, quick: {} }))
  cell.round({ slow: result('healthy', 900), quick: result('healthy', 1) })
  cell.round()
  expect(cell.now().checks.map(({ name }) => name)).toEqual(['slow', 'quick'])
})

test.each(['shared', 'local'] as const)('the report says that its state is %s', (state) => {
  const health = healthOf({ db: {} })
  expect(report(health, sceneOf(health).reading(), state).state).toBe(state)
})

describe('what is reported of a check', () => {
  test.each([
    [result('degraded', 80), { status: 'degraded', detail: 'error', durationMs: 80 }],
    [result('unhealthy', 5000), { status: 'unhealthy', detail: 'error', durationMs: 5000 }],
    [result('unknown', 9000), { status: 'unknown', detail: 'error', durationMs: 9000 }],
  ])('after %o', (last, expected) => {
    const cell = reportingOn(healthOf({ db: {} }))
    cell.round({ db: last })
    expect(checkIn(cell.now(), 'db')).toMatchObject(expected)
  })

  test('is what the rounds add up to, with the words of the last', () => {
    const cell = reportingOn(healthOf({ db: { failAfter: 2 } }))
    cell.round()
    cell.failTimes(1, 'db')
    expect(checkIn(cell.now(), 'db')).toMatchObject({ status: 'healthy', detail: 'error' })
  })

  test('an unfinished probe is unknown, even of what was healthy', () => {
    const cell = reportingOn(healthOf({ db: {} }))
    cell.round()
    cell.round({ db: UNKNOWN })
    expect(cell.now()).toMatchObject({ status: 'unknown', checks: [{ status: 'unknown' }] })
  })
})

describe('an open breaker', () => {
  test('is unhealthy at once, and says when it may be tried', () => {
    const cell = reportingOn(healthOf({ db: { breaker: BREAKER } }))
    cell.round({ db: { ...BAD, durationMs: 700, error: 'refused' } })
    cell.after(5000)
    cell.round()
    expect(checkIn(cell.now(), 'db')).toMatchObject({
      status: 'unhealthy',
      detail: 'circuit open',
      durationMs: 0,
      error: 'refused',
      breaker: 'open',
      checkedAt: START,
      retryAt: START + 30_000,
      trips: 1,
    })
    expect(cell.now().checkedAt, 'the round without it').toBe(START + 5000)
  })

  test('is half-open when its wait is over, and not yet good', () => {
    const cell = reportingOn(healthOf({ db: { breaker: BREAKER } }, { staleAfterMs: 60_000 }))
    cell.round({ db: BAD })
    cell.after(30_000)
    expect(checkIn(cell.now(), 'db')).toMatchObject({
      status: 'unhealthy',
      detail: 'circuit open',
      breaker: 'half-open',
      retryAt: START + 30_000,
    })
  })

  test('is closed after a trial that went well', () => {
    const cell = reportingOn(healthOf({ db: { breaker: BREAKER } }))
    cell.round({ db: BAD })
    cell.after(30_000)
    cell.round()
    expect(checkIn(cell.now(), 'db')).toMatchObject({
      status: 'healthy',
      breaker: 'closed',
      retryAt: undefined,
    })
  })

  test('is none for a definition that now says breaker: false', () => {
    const cell = reportingOn(healthOf({ db: { breaker: BREAKER } }))
    cell.round({ db: BAD })
    const full = report(healthOf({ db: { breaker: false } }), cell.reading(), 'shared')
    expect(checkIn(full, 'db')).toMatchObject({ breaker: 'closed', retryAt: undefined, detail: 'error' })
  })
})

describe('a snapshot', () => {
  test.each([
    [0, 0, 5000, 'healthy'],
    [4999, 4999, 1, 'healthy'],
    [5001, 5001, 0, 'healthy'],
    [15_000, 15_000, 0, 'healthy'],
    [15_001, 15_001, 0, 'unknown'],
    [-3000, 0, 2000, 'healthy'],
    [-15_000, 0, 0, 'healthy'],
    [-15_001, 0, 0, 'unknown'],
    [-1e12, 0, 0, 'unknown'],
  ])('%d ms on is %d ms old, may be renewed in %d ms and proves: %s', (ms, ageMs, nextRoundMs, status) => {
    const cell = reportingOn(healthOf({ db: {} }))
    cell.round()
    cell.after(ms)
    expect(cell.now()).toMatchObject({ ageMs, nextRoundMs, status })
  })

  test('that is stale makes every check unknown, and says so', () => {
    const cell = reportingOn(healthOf({ db: {}, down: { breaker: BREAKER } }))
    cell.round({ db: result('healthy', 12), down: BAD })
    cell.after(15_001)
    expect(checkIn(cell.now(), 'db')).toMatchObject({ status: 'unknown', detail: 'stale', durationMs: 12 })
    expect(checkIn(cell.now(), 'down')).toMatchObject({ status: 'unknown', detail: 'stale', breaker: 'open' })
  })
})

describe('the whole', () => {
  const health = healthOf({
    db: {},
    cache: { critical: false, tags: ['data'] },
    migrations: { probes: ['startup'], tags: ['data'] },
  })

  test('is the fold of what counts for readiness', () => {
    const cell = reportingOn(health)
    cell.round({ migrations: BAD })
    expect(cell.now().status).toBe('healthy')
    cell.round({ cache: BAD })
    expect(cell.now().status).toBe('degraded')
    cell.round({ db: BAD })
    expect(cell.now().status).toBe('unhealthy')
  })

  test('of some checks is the fold of those, and nothing else changes', () => {
    const cell = reportingOn(health)
    cell.round({ db: BAD, cache: GOOD, migrations: GOOD })
    const full = cell.now()
    const data = select(full, ({ tags }) => tags.includes('data'))
    expect(data.checks.map(({ name }) => name)).toEqual(['cache', 'migrations'])
    expect(data).toEqual({ ...full, status: 'healthy', checks: data.checks })
    expect(select(full, ({ name }) => name === 'db').status).toBe('unhealthy')
  })

  test('of some checks is so in every region', () => {
    const cell = reportingOn(health)
    cell.round({ db: BAD })
    const weur = { region: 'weur', colo: 'AMS', report: cell.now() }
    const chosen = select({ ...cell.now(), regions: [weur] }, ({ name }) => name === 'cache')
    expect(chosen.regions).toMatchObject([
      { ...weur, report: { status: 'healthy', checks: [{ name: 'cache' }] } },
    ])
  })

  test('of no check at all is unknown', () => {
    const cell = reportingOn(health)
    cell.round()
    expect(select(cell.now(), () => false)).toMatchObject({ status: 'unknown', checks: [] })
  })

  test('has started up once, and stays so', () => {
    const cell = reportingOn(health)
    cell.round({ migrations: BAD })
    expect(cell.now().startedUp).toBe(false)
    cell.round()
    cell.round({ migrations: BAD })
    cell.after(1e6)
    expect(cell.now().startedUp).toBe(true)
  })
})
