import { type BreakerState, CLOSED, phase, settle } from './breaker.ts'
import { MISCONFIGURED, type Observed, type Policy } from './check.ts'
import { EMPTY_HISTOGRAM, type Histogram, observe } from './histogram.ts'
import type { Status } from './status.ts'

/** What one probe of one check came to. */
export interface Result {
  readonly status: Status
  /** Public, from the fixed vocabulary. */
  readonly detail: string
  /** Private; already free of secrets. */
  readonly error?: string
  /** The probe alone: time spent waiting for a slot is not in it. */
  readonly durationMs: number
  readonly observed?: Observed
}

/** All that a cell keeps of one check. */
export interface CheckState {
  /** What the results so far add up to under `failAfter` and `recoverAfter`; `unknown` until the first good word. */
  readonly settled: Status
  /** Results in a row that speak for leaving `settled`: below zero for worse, above for better. */
  readonly streak: number
  readonly last: Result
  /** When it last really ran. */
  readonly checkedAt: number | null
  readonly breaker: BreakerState
  readonly trips: number
  readonly runs: Readonly<Record<Status, number>>
  readonly durations: Histogram
}

/** The right to run one round. */
export interface Lease {
  readonly id: string
  /** How many rounds had settled when it was given. */
  readonly round: number
  readonly startedAt: number
  /** The checks that it may run, those that were quick last time first: they must not queue behind a hanging one. */
  readonly checks: readonly string[]
  /** Whether it carries a half-open breaker's trial, which must never be given twice. */
  readonly trial: boolean
}

/** What readers see of a cell. Plain JSON. */
export interface Snapshot {
  /** Rounds settled so far. */
  readonly round: number
  readonly settledAt: number | null
  /** Whether a whole round has ever found no critical startup check `unhealthy` or `unknown`. */
  readonly startedUp: boolean
  /** Where the rounds really run, as the airport code of the data centre, once the platform told. */
  readonly colo: string | null
  readonly checks: Readonly<Record<string, CheckState>>
}

/** One region's whole state: its snapshot, and the lease of the round under way. Plain JSON. */
export interface CellState extends Snapshot {
  readonly lease: Lease | null
}

/** What a cell must know of the definition. */
export interface CellRules {
  readonly ttlMs: number
  readonly deadlineMs: number
  readonly checks: Readonly<Record<string, { readonly policy: Policy }>>
}

/** A snapshot, and what the cell's clock said when it was read. */
export interface Reading {
  readonly snapshot: Snapshot
  readonly now: number
}

export type Begun =
  | { readonly kind: 'fresh'; readonly reading: Reading }
  | { readonly kind: 'lease'; readonly lease: Lease }
  | { readonly kind: 'wait'; readonly forMs: number }

export const EMPTY_CELL: CellState = {
  round: 0,
  settledAt: null,
  startedUp: false,
  colo: null,
  checks: {},
  lease: null,
}

/** Of a check that its round did not get to. */
const NOT_RUN: Result = { status: 'unknown', detail: 'not run yet', durationMs: 0 }

const NEVER_RUN: CheckState = {
  settled: 'unknown',
  streak: 0,
  last: NOT_RUN,
  checkedAt: null,
  breaker: CLOSED,
  trips: 0,
  runs: { healthy: 0, degraded: 0, unhealthy: 0, unknown: 0 },
  durations: EMPTY_HISTOGRAM,
}

/** Past the deadline a runner has this long to bring its results home. */
const GRACE_MS = 1000

/** How long a lease is good for: as long as its round may take, and its way home. */
export function leaseMs(rules: Pick<CellRules, 'deadlineMs'>): number {
  return rules.deadlineMs + GRACE_MS
}

/** What is kept of a check, if anything: names such as `constructor` must not find what every object has. */
export function checkState(snapshot: Pick<Snapshot, 'checks'>, name: string): CheckState | undefined {
  return Object.hasOwn(snapshot.checks, name) ? snapshot.checks[name] : undefined
}

/**
 * Asks for the state of affairs: a fresh snapshot, else the lease of a new round, else word to wait for the round
 * under way. Asking again with the id of the current lease gives that lease again, so that a lost answer can be retried.
 */
export function begin(state: CellState, now: number, id: string, rules: CellRules): [CellState, Begun] {
  if (isFresh(state, now, rules)) return [state, { kind: 'fresh', reading: read(state, now) }]
  const { lease } = state
  if (lease !== null && isLive(lease, now, rules)) {
    if (lease.id === id) return [state, { kind: 'lease', lease }]
    return [state, { kind: 'wait', forMs: lease.startedAt + leaseMs(rules) - now }]
  }
  const granted = grant(state, now, id, rules)
  return [
    { ...state, lease: granted },
    { kind: 'lease', lease: granted },
  ]
}

/**
 * Brings a round's results home. A lease that is late or not the current one changes nothing, and the same state is
 * given back. One that the store forgot (it keeps ordinary leases in memory alone) still counts as long as no other
 * round was begun or settled since.
 */
export function complete(
  state: CellState,
  lease: Lease,
  results: Readonly<Record<string, Result>>,
  now: number,
  rules: CellRules,
  colo: string | null = null,
): CellState {
  if (!isCurrent(lease, state) || !isLive(lease, now, rules)) return state
  const checks: Record<string, CheckState> = {}
  for (const [name, { policy }] of Object.entries(rules.checks)) {
    const before = checkState(state, name)
    const result = Object.hasOwn(results, name) ? results[name] : undefined
    if (!lease.checks.includes(name)) {
      if (before !== undefined) checks[name] = before
    } else if (result === undefined) {
      // What was to run and did not is not known any more, whatever it was before.
      checks[name] = { ...(before ?? NEVER_RUN), last: NOT_RUN }
    } else {
      checks[name] = record(before ?? NEVER_RUN, policy, result, now)
    }
  }
  const settled = { round: state.round + 1, settledAt: now, colo: colo ?? state.colo, checks, lease: null }
  return { ...settled, startedUp: state.startedUp || hasStarted(settled, now, rules) }
}

/**
 * Gives a lease back that nobody could be found to run. One with a trial runs out instead: whoever did not answer may
 * have started all the same, and a trial must never be given twice.
 */
export function abandon(state: CellState, lease: Lease): CellState {
  return state.lease !== null && isCurrent(lease, state) && !lease.trial ? { ...state, lease: null } : state
}

/** The snapshot as it stands. */
export function read({ lease: _, ...snapshot }: CellState, now: number): Reading {
  return { snapshot, now }
}

/** Whether a snapshot spares a round: within `ttlMs`, and with every check of the definition in it. */
export function isFresh(snapshot: Snapshot, now: number, rules: CellRules): boolean {
  if (snapshot.settledAt === null || !within(snapshot.settledAt, now, rules.ttlMs)) return false
  return Object.keys(rules.checks).every((name) => Object.hasOwn(snapshot.checks, name))
}

/** What is reported of a check at a moment: an open breaker is `unhealthy`, an unfinished probe `unknown`. */
export function reported(check: CheckState, policy: Policy, now: number): Status {
  if (phase(check.breaker, policy.breaker, now) !== 'closed') return 'unhealthy'
  return check.last.status === 'unknown' ? 'unknown' : check.settled
}

/** An id alone does not tell a lease: who runs one round after the other may come with the same. */
function isCurrent(lease: Lease, { round, lease: held }: CellState): boolean {
  if (lease.round !== round) return false
  return held === null || (lease.id === held.id && lease.startedAt === held.startedAt)
}

function isLive(lease: Lease, now: number, rules: CellRules): boolean {
  return within(lease.startedAt, now, leaseMs(rules))
}

/** Wall clocks step: what began further ahead than its window is long is as over as what began so long ago. */
function within(since: number, now: number, windowMs: number): boolean {
  return Math.abs(now - since) < windowMs
}

function grant(state: CellState, now: number, id: string, rules: CellRules): Lease {
  const permitted = Object.entries(rules.checks).flatMap(([name, { policy }]) => {
    const check = checkState(state, name)
    const breaker = phase(check?.breaker ?? CLOSED, policy.breaker, now)
    return breaker === 'open' ? [] : [{ name, breaker, lastMs: check?.last.durationMs ?? 0 }]
  })
  return {
    id,
    round: state.round,
    startedAt: now,
    checks: permitted.sort((a, b) => a.lastMs - b.lastMs).map(({ name }) => name),
    trial: permitted.some(({ breaker }) => breaker === 'half-open'),
  }
}

function record(before: CheckState, policy: Policy, result: Result, now: number): CheckState {
  const { breaker: was, trips, runs, durations } = before
  // A check that is misconfigured sent no traffic, so there is none to stop, and its word must stay readable.
  const breaker = result.detail === MISCONFIGURED ? was : settle(was, policy.breaker, result.status, now)
  const tripped = breaker.state === 'open' && breaker !== was
  return {
    ...(breaker.state === 'open'
      ? { settled: 'unhealthy', streak: 0 }
      : threshold(before.settled, before.streak, result.status, policy)),
    last: result,
    checkedAt: now,
    breaker,
    trips: tripped ? trips + 1 : trips,
    runs: { ...runs, [result.status]: runs[result.status] + 1 },
    // A probe that was cut short has no duration of its own.
    durations: result.status === 'unknown' ? durations : observe(durations, result.durationMs / 1000),
  }
}

const RANK = { healthy: 0, degraded: 1, unhealthy: 2 } as const

/** Rise and fall: the status moves only after enough results in a row on one side of it. */
function threshold(
  settled: Status,
  streak: number,
  status: Status,
  { failAfter, recoverAfter }: Policy,
): { readonly settled: Status; readonly streak: number } {
  if (status === 'unknown') return { settled, streak }
  // Where nothing is known yet a good word is believed at once, and a bad one only after `failAfter`.
  if (settled === 'unknown' && status !== 'unhealthy') return { settled: status, streak: 0 }
  const side = settled === 'unknown' ? -1 : Math.sign(RANK[settled] - RANK[status])
  const moved = Math.sign(streak) === side ? streak + side : side
  const enough = moved <= -failAfter || moved >= recoverAfter
  return enough ? { settled: status, streak: 0 } : { settled, streak: moved }
}

function hasStarted(snapshot: Omit<CellState, 'startedUp'>, now: number, rules: CellRules): boolean {
  return Object.entries(rules.checks).every(([name, { policy }]) => {
    if (!policy.critical || !policy.probes.includes('startup')) return true
    const check = checkState(snapshot, name)
    return check !== undefined && ['healthy', 'degraded'].includes(reported(check, policy, now))
  })
}
