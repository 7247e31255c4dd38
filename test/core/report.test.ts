import { describe, expect, test } from 'vitest'
import { NO_TOTALS } from '../../src/core/check-state.ts'
import type { Health } from '../../src/core/define.ts'
import { type Report, report, select } from '../../src/core/report.ts'
import { BAD, GOOD, START, type Scene, checkIn, healthOf, result, sceneOf } from './scene.ts'

const BREAKER = { failures: 1, resetAfterMs: 30_000 }

/** A cell of this definition, and its report at any moment. */
function reportingOn(health: Health<never>): Scene & { readonly now: () => Report } {
  const scene = sceneOf(health)
  return { ...scene, now: () => report(health, scene.reading(), 'shared') }
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
        kind: 'custom',
        policy: expect.objectContaining({ critical: true, tags: ['data'], probes: ['ready', 'startup'] }),
        finding: { status: 'healthy', detail: '', breaker: 'closed' },
        probe: {
          durationMs: 12.4,
          error: 'a notice',
          observed: { value: 9, unit: 'percent' },
          checkedAt: START,
        },
        totals: {
          runs: { healthy: 1, degraded: 0, unhealthy: 0, unknown: 0 },
          trips: 0,
          durations: { counts: [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0], sumSeconds: 0.0124 },
        },
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
      finding: { status: 'unknown', detail: 'not run yet', breaker: 'closed' },
      probe: { durationMs: 0, error: undefined, observed: undefined, checkedAt: null },
      totals: NO_TOTALS,
    })
  }
})

test('a check that a deploy added is not run yet, whatever the others are', () => {
  const cell = reportingOn(healthOf({ db: {} }))
  cell.round()
  const full = report(healthOf({ db: {}, added: {} }), cell.reading(), 'shared')
  expect(full.status).toBe('unknown')
  expect(checkIn(full, 'added').finding).toMatchObject({ status: 'unknown', detail: 'not run yet' })
  expect(checkIn(full, 'db').finding).toMatchObject({ status: 'healthy' })
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

describe('the last probe of a check', () => {
  test('is shown as it was, whatever is made of its result', () => {
    const cell = reportingOn(healthOf({ db: { failAfter: 2 } }))
    cell.round()
    cell.round({ db: { ...result('unhealthy', 5000), error: 'refused' } })
    expect(checkIn(cell.now(), 'db')).toMatchObject({
      finding: { status: 'healthy', detail: 'error' },
      probe: { durationMs: 5000, error: 'refused', checkedAt: START + 5000 },
    })
  })

  test('has no duration where the breaker kept the check from running', () => {
    const cell = reportingOn(healthOf({ db: { breaker: BREAKER } }))
    cell.round({ db: { ...BAD, durationMs: 700, error: 'refused' } })
    cell.after(5000)
    cell.round()
    expect(checkIn(cell.now(), 'db')).toMatchObject({
      finding: {
        status: 'unhealthy',
        detail: 'circuit open',
        breaker: 'open',
        retryAt: START + 30_000,
      },
      probe: { durationMs: 0, error: 'refused', checkedAt: START },
      totals: { trips: 1 },
    })
    expect(cell.now().checkedAt, 'the round without it').toBe(START + 5000)
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
    expect(checkIn(cell.now(), 'db')).toMatchObject({
      finding: { status: 'unknown', detail: 'stale' },
      probe: { durationMs: 12 },
    })
    expect(checkIn(cell.now(), 'down').finding).toMatchObject({
      status: 'unknown',
      detail: 'stale',
      breaker: 'open',
    })
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
    const data = select(full, ({ policy }) => policy.tags.includes('data'))
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
