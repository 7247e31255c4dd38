import { CLOSED, phase } from './breaker.ts'
import type { Policy } from './check.ts'
import { type CheckState, NEVER_RUN, NOT_RUN, type Result, afterRun } from './check-state.ts'
import { finding } from './finding.ts'

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

/** The part of a cell that readers see. Plain JSON. */
export interface Snapshot {
  /** Rounds settled so far: their results are in the cell. */
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

/** The part of a definition that a cell needs. */
export interface CellRules {
  readonly ttlMs: number
  readonly deadlineMs: number
  readonly checks: Readonly<Record<string, { readonly policy: Policy; readonly kind?: string }>>
}

/** A snapshot, and the time on the cell's clock when it was read. */
export interface Reading {
  readonly snapshot: Snapshot
  readonly now: number
  /** The checks whose half-open breakers are tried right now. None where an object on older code answers. */
  readonly trials?: readonly string[]
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

/** Past the deadline a runner has this long to bring its results home. */
const GRACE_MS = 1000

/** A check that this definition lacks is kept for another version of it this long, in milliseconds: a deploy ends. */
const KEEP_UNKNOWN_MS = 24 * 3600 * 1000
/** And of such checks no more than this. */
const MAX_UNKNOWN = 200

/** How long a lease is good for: the longest round, and its way home. */
export function leaseMs(rules: Pick<CellRules, 'deadlineMs'>): number {
  return rules.deadlineMs + GRACE_MS
}

/** The stored state of a check, if any: names such as `constructor` must not find what every object has. */
export function checkState(
  snapshot: Pick<Snapshot, 'checks'>,
  name: string,
  kind?: string,
): CheckState | undefined {
  const state = Object.hasOwn(snapshot.checks, name) ? snapshot.checks[name] : undefined
  // The results of another kind of check prove nothing about this one.
  return kind === undefined || state?.kind === undefined || state.kind === kind ? state : undefined
}

/**
 * Asks for the state of affairs: a fresh snapshot, else the lease of a new round, else word to wait for the round
 * under way. Asking again with the id of the current lease gives that lease again, so that a lost answer can be retried.
 */
export function begin(state: CellState, now: number, id: string, rules: CellRules): [CellState, Begun] {
  if (isFresh(state, now, rules)) return [state, { kind: 'fresh', reading: read(state, now, rules) }]
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
 * Settles a round: brings its results home. A lease that is late or not the current one changes nothing, and the same
 * state is given back. One that the store forgot (it keeps ordinary leases in memory alone) still counts as long as no
 * other round was begun or settled since.
 */
export function complete(
  state: CellState,
  now: number,
  lease: Lease,
  results: Readonly<Record<string, Result>>,
  rules: CellRules,
  colo: string | null = null,
): CellState {
  if (!isCurrent(lease, state) || !isLive(lease, now, rules)) return state
  const checks: Record<string, CheckState> = unknownTo(rules, state, now)
  for (const [name, check] of Object.entries(rules.checks)) {
    const before = checkState(state, name, check.kind)
    const result = Object.hasOwn(results, name) ? results[name] : undefined
    if (!lease.checks.includes(name)) {
      if (before !== undefined) checks[name] = before
    } else if (result === undefined) {
      // A check that was to run and did not is no longer known, whatever it was before.
      checks[name] = { ...(before ?? NEVER_RUN), last: NOT_RUN }
    } else {
      checks[name] = afterRun(before ?? NEVER_RUN, now, check, result)
    }
  }
  const settled = { round: state.round + 1, settledAt: now, colo: colo ?? state.colo, checks, lease: null }
  return { ...settled, startedUp: state.startedUp || hasStarted(settled, rules) }
}

/**
 * Gives a lease back that nobody could be found to run. One with a trial runs out instead: a runner that did not answer
 * may have started all the same, and a trial must never be given twice.
 */
export function abandon(state: CellState, lease: Lease): CellState {
  return state.lease !== null && isCurrent(lease, state) && !lease.trial ? { ...state, lease: null } : state
}

/** The snapshot as it stands. */
export function read(
  { lease, ...snapshot }: CellState,
  now: number,
  rules: Pick<CellRules, 'deadlineMs'>,
): Reading {
  if (lease === null || !lease.trial || !isLive(lease, now, rules)) return { snapshot, now }
  // A lease leaves out every open breaker except those that it tries.
  const trials = lease.checks.filter((name) => checkState(snapshot, name)?.breaker.state === 'open')
  return { snapshot, now, trials }
}

/** Whether a snapshot spares a round: within `ttlMs`, and with every check of the definition in it. */
export function isFresh(snapshot: Snapshot, now: number, rules: CellRules): boolean {
  if (snapshot.settledAt === null || !isWithin(snapshot.settledAt, now, rules.ttlMs)) return false
  return Object.entries(rules.checks).every(
    ([name, { kind }]) => checkState(snapshot, name, kind) !== undefined,
  )
}

/** During a deploy two versions of a definition share a cell: neither forgets what only the other one knows. */
function unknownTo(rules: CellRules, { checks }: CellState, now: number): Record<string, CheckState> {
  const unknown = Object.entries(checks).filter(
    ([name, { checkedAt }]) =>
      !Object.hasOwn(rules.checks, name) && isWithin(checkedAt ?? -Infinity, now, KEEP_UNKNOWN_MS),
  )
  return Object.fromEntries(unknown.slice(0, MAX_UNKNOWN))
}

/** An id alone does not tell a lease: a process that runs one round after the other may use the same. */
function isCurrent(lease: Lease, { round, lease: held }: CellState): boolean {
  if (lease.round !== round) return false
  return held === null || (lease.id === held.id && lease.startedAt === held.startedAt)
}

/** Whether a lease has not run out. */
export function isLive(lease: Lease, now: number, rules: Pick<CellRules, 'deadlineMs'>): boolean {
  return isWithin(lease.startedAt, now, leaseMs(rules))
}

/** Wall clocks step: a start further ahead than the window is long is as over as one so long ago. */
function isWithin(since: number, now: number, windowMs: number): boolean {
  return Math.abs(now - since) < windowMs
}

function grant(state: CellState, now: number, id: string, rules: CellRules): Lease {
  const permitted = Object.entries(rules.checks).flatMap(([name, { policy, kind }]) => {
    const check = checkState(state, name, kind)
    const breaker = phase(check?.breaker ?? CLOSED, now, policy.breaker)
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

function hasStarted(snapshot: Omit<CellState, 'startedUp'>, rules: CellRules): boolean {
  return Object.entries(rules.checks).every(([name, { policy, kind }]) => {
    if (!policy.critical || !policy.probes.includes('startup')) return true
    return ['healthy', 'degraded'].includes(finding(checkState(snapshot, name, kind), policy).status)
  })
}
