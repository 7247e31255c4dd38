import { EMPTY_CELL, type Snapshot } from '../../src/core/cell.ts'
import type { CheckState } from '../../src/core/check-state.ts'
import { type Health, custom, defineHealth } from '../../src/index.ts'
import type { Region } from '../../src/core/region.ts'

/** When every answer of the record is given. */
export const NOW: number = Date.UTC(2026, 10, 23, 5)

const REGIONS = ['weur', 'enam', 'apac'] as const satisfies readonly Region[]

/** A definition whose checks never run where the store answers; where it is lost, they find what stands here. */
function define(regions?: readonly Region[]): Health<unknown> {
  return defineHealth({
    service: { name: 'shop "north"\\', version: '1.4.2\n' },
    metricsPrefix: 'shop',
    token: 'open sesame',
    ...(regions === undefined ? {} : { regions }),
    checks: {
      postgres: custom(async () => ({ status: 'healthy', observed: { value: 12, unit: 'connections' } }), {
        tags: ['data'],
      }),
      redis: custom(
        async () => ({
          status: 'degraded',
          detail: 'slow “today”',
          error: '120 ms',
          observed: undefined as never,
        }),
        { critical: false, tags: ['data', 'edge'] },
      ),
      catalog: custom(
        async () => {
          throw new Error('no answer of 10.0.0.7')
        },
        { breaker: { failures: 1, resetAfterMs: 20_000, maxResetAfterMs: 60_000 } },
      ),
      warmup: custom(async () => 'unhealthy', { probes: ['startup'], breaker: false }),
      constructor: custom(async () => 'unknown', { critical: false }),
    },
  })
}

export const health: Health<unknown> = define()
export const regional: Health<unknown> = define(REGIONS)

const HEALTHY: CheckState = {
  settled: 'healthy',
  streak: 0,
  last: { status: 'healthy', detail: '', durationMs: 12.4149 },
  checkedAt: NOW - 812,
  breaker: { state: 'closed', failures: 0 },
  trips: 0,
  runs: { healthy: 7, degraded: 1, unhealthy: 0, unknown: 2 },
  durations: { counts: [0, 1, 5, 1, 0, 0, 0, 0, 0, 0, 1, 0], sumSeconds: 5.1234 },
}

const OBSERVED: CheckState = {
  ...HEALTHY,
  last: { ...HEALTHY.last, observed: { value: 12.5, unit: 'connections' } },
}

const FAILED: CheckState = {
  ...HEALTHY,
  settled: 'unhealthy',
  last: { status: 'unhealthy', detail: 'http 502', error: 'answered with "502"\n', durationMs: 3.001 },
  breaker: { state: 'closed', failures: 2 },
  runs: { healthy: 7, degraded: 1, unhealthy: 2, unknown: 0 },
}

const SLOW: CheckState = {
  ...HEALTHY,
  settled: 'degraded',
  last: { status: 'degraded', detail: 'slow', durationMs: 120.5 },
}

const OPEN: CheckState = {
  ...FAILED,
  checkedAt: NOW - 12_000,
  breaker: { state: 'open', trips: 2, retryAt: NOW + 18_000 },
  trips: 3,
}

const CUT: CheckState = {
  ...HEALTHY,
  last: {
    status: 'unknown',
    detail: 'timeout',
    error: 'the round ended before this check did',
    durationMs: 9750,
  },
}

const HALF_OPEN: CheckState = { ...OPEN, breaker: { state: 'open', trips: 1, retryAt: NOW - 1 } }
const NOT_RUN: CheckState = {
  ...HEALTHY,
  settled: 'unknown',
  last: { status: 'unknown', detail: 'not run yet', durationMs: 0 },
  checkedAt: null,
}
const DAMPED: CheckState = { ...FAILED, settled: 'healthy', streak: -1 }

function snapshotOf(
  checks: Readonly<Record<string, CheckState>>,
  {
    agoMs = 812,
    startedUp = true,
    colo = null,
  }: { agoMs?: number; startedUp?: boolean; colo?: string | null } = {},
): Snapshot {
  return { round: 9, settledAt: NOW - agoMs, startedUp, colo, checks }
}

const ALL_HEALTHY = {
  postgres: OBSERVED,
  redis: HEALTHY,
  catalog: HEALTHY,
  warmup: HEALTHY,
  constructor: HEALTHY,
}

const { lease: _, ...FIRST } = EMPTY_CELL

/** What one cell can be in. `undefined` is a store that cannot be reached. */
export const STATES: Readonly<Record<string, Snapshot | undefined>> = {
  'before the first round': FIRST,
  healthy: snapshotOf(ALL_HEALTHY),
  'degraded, one optional check down': snapshotOf({ ...ALL_HEALTHY, redis: FAILED }),
  'degraded, one slow': snapshotOf({ ...ALL_HEALTHY, catalog: SLOW }),
  'unhealthy, a critical check down': snapshotOf({ ...ALL_HEALTHY, catalog: FAILED }),
  'unhealthy, a circuit open': snapshotOf({ ...ALL_HEALTHY, catalog: OPEN }),
  'unhealthy, a circuit half open': snapshotOf({ ...ALL_HEALTHY, catalog: HALF_OPEN, redis: OPEN }),
  'healthy, a bad result not yet believed': snapshotOf({ ...ALL_HEALTHY, catalog: DAMPED }),
  'unknown, cut by the deadline': snapshotOf({ ...ALL_HEALTHY, catalog: CUT, postgres: NOT_RUN }),
  'unknown, stale': snapshotOf({ ...ALL_HEALTHY, redis: OPEN }, { agoMs: 15_001 }),
  'not started up, startup check down': snapshotOf({ ...ALL_HEALTHY, warmup: FAILED }, { startedUp: false }),
  'not started up, healthy by now': snapshotOf(ALL_HEALTHY, { startedUp: false }),
  'a breaker kept that the definition has no more': snapshotOf({ ...ALL_HEALTHY, warmup: OPEN }),
  'the store is lost': undefined,
}

/** What the regions can be in together. `undefined` is a region that is lost. */
export const WORLDS: Readonly<Record<string, Readonly<Record<string, Snapshot | undefined>>>> = {
  'all healthy': {
    weur: snapshotOf(ALL_HEALTHY, { colo: 'AMS' }),
    enam: snapshotOf(ALL_HEALTHY, { agoMs: 1200, colo: 'IAD' }),
    apac: snapshotOf(ALL_HEALTHY, { agoMs: 30 }),
  },
  'one region sees it down': {
    weur: snapshotOf(ALL_HEALTHY, { colo: 'AMS' }),
    enam: snapshotOf(ALL_HEALTHY),
    apac: snapshotOf({ ...ALL_HEALTHY, catalog: FAILED, redis: SLOW }),
  },
  'two regions see it down': {
    weur: snapshotOf({ ...ALL_HEALTHY, catalog: OPEN }),
    enam: snapshotOf({ ...ALL_HEALTHY, catalog: FAILED }),
    apac: snapshotOf(ALL_HEALTHY),
  },
  'one region is lost, one stale': {
    weur: snapshotOf(ALL_HEALTHY),
    enam: undefined,
    apac: snapshotOf(ALL_HEALTHY, { agoMs: 20_000 }),
  },
  'before the first round': { weur: FIRST, enam: FIRST, apac: FIRST },
  'all are lost': { weur: undefined, enam: undefined, apac: undefined },
}
