import * as v from 'valibot'
import { type CellState, EMPTY_CELL, type Lease } from '../core/cell.ts'
import type { CheckState } from '../core/check-state.ts'
import { BUCKETS_SECONDS } from '../core/histogram.ts'
import { STATUSES } from '../core/status.ts'

const STATUS = v.picklist(STATUSES)
const COUNT = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

/** A moment that a date can hold. */
const TIME = v.pipe(v.number(), v.minValue(0), v.maxValue(8.64e15))
const MS = v.pipe(v.number(), v.finite(), v.minValue(0))

const CHECK: v.GenericSchema<CheckState> = v.object({
  kind: v.exactOptional(v.string()),
  settled: STATUS,
  streak: v.number(),
  last: v.object({
    status: STATUS,
    detail: v.string(),
    error: v.exactOptional(v.string()),
    durationMs: MS,
    observed: v.exactOptional(v.object({ value: v.pipe(v.number(), v.finite()), unit: v.string() })),
  }),
  checkedAt: v.nullable(TIME),
  breaker: v.variant('state', [
    v.object({ state: v.literal('closed'), failures: COUNT }),
    v.object({ state: v.literal('open'), trips: COUNT, retryAt: TIME }),
  ]),
  trips: COUNT,
  runs: v.object({ healthy: COUNT, degraded: COUNT, unhealthy: COUNT, unknown: COUNT }),
  durations: v.object({
    counts: v.pipe(v.array(COUNT), v.length(BUCKETS_SECONDS.length + 1)),
    sumSeconds: MS,
  }),
})

const LEASE: v.GenericSchema<Lease> = v.object({
  id: v.string(),
  round: COUNT,
  startedAt: TIME,
  checks: v.array(v.string()),
  trial: v.boolean(),
})

/** The record of valibot drops keys such as `constructor`, which is a valid name of a check. */
const CHECKS = v.custom<CellState['checks']>(
  (input) => v.is(v.looseObject({}), input) && Object.values(input).every((check) => v.is(CHECK, check)),
)

const CELL: v.GenericSchema<CellState> = v.object({
  round: COUNT,
  settledAt: v.nullable(TIME),
  startedUp: v.boolean(),
  colo: v.nullable(v.string()),
  checks: CHECKS,
  lease: v.nullable(LEASE),
})

/** The state of a cell as text, for a place that others can write to as well. */
export function formatCell(state: CellState): string {
  return JSON.stringify(state)
}

/**
 * The state that a text holds. Any other text, such as a state of another shape, counts as an empty cell: starting over
 * costs one round, where a cell that cannot be read would cost every round.
 */
export function parseCell(text: string): CellState {
  try {
    const value: unknown = JSON.parse(text)
    return v.is(CELL, value) ? value : EMPTY_CELL
  } catch {
    return EMPTY_CELL
  }
}
