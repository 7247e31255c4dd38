import {
  type Begun,
  type CellRules,
  type CellState,
  type CheckState,
  EMPTY_CELL,
  type Lease,
  type Reading,
  type Result,
  abandon,
  begin,
  checkState,
  complete,
  read,
  reported,
} from '../../src/core/cell.ts'
import type { PolicyOptions } from '../../src/core/check.ts'
import { resolvePolicy } from '../../src/core/policy.ts'
import type { Status } from '../../src/core/status.ts'

export const START = Date.UTC(2026, 10, 23, 5)

export function result(status: Status, durationMs = 10): Result {
  return { status, detail: status === 'healthy' ? '' : 'error', durationMs }
}

export const GOOD: Result = result('healthy')
export const BAD: Result = result('unhealthy')
export const UNKNOWN: Result = result('unknown')

export function rulesOf(
  checks: Readonly<Record<string, PolicyOptions>>,
  times: Partial<Pick<CellRules, 'ttlMs' | 'deadlineMs'>> = {},
): CellRules {
  const named = Object.entries(checks).map(([name, options]) => [name, { policy: resolvePolicy(options) }])
  return { ttlMs: 5000, deadlineMs: 10_000, ...times, checks: Object.fromEntries(named) }
}

/** One cell and the hands of its clock, so that a test reads as a script. */
export interface Scene {
  readonly state: () => CellState
  readonly reading: () => Reading
  /** Lets time pass, or steps the clock back. */
  readonly after: (ms: number) => void
  readonly poll: (id?: string) => Begun
  /** A poll that is sure to be given a lease. */
  readonly lease: (id?: string) => Lease
  /** Whether the report changed anything. */
  readonly report: (lease: Lease, results: Readonly<Record<string, Result>>, colo?: string) => boolean
  /** A whole round as soon as the last is no longer fresh; checks that are not named here are healthy. */
  readonly round: (results?: Readonly<Record<string, Result>>) => Lease
  readonly failTimes: (times: number, name: string) => void
  readonly abandon: (lease: Lease) => void
  /** What an eviction does to a lease that is kept in memory alone. */
  readonly forgetLease: () => void
  readonly redefine: (rules: CellRules) => void
  readonly check: (name: string) => CheckState
  readonly status: (name: string) => Status
}

export function sceneOf(initial: CellRules): Scene {
  let rules = initial
  let state = EMPTY_CELL
  let now = START

  const scene: Scene = {
    state: () => state,
    reading: () => read(state, now),
    after: (ms) => void (now += ms),
    poll: (id = 'poll') => {
      const [after, begun] = begin(state, now, id, rules)
      state = frozen(after)
      return begun
    },
    lease: (id) => {
      const begun = scene.poll(id)
      if (begun.kind !== 'lease') throw new Error(`expected a lease, received ${begun.kind}`)
      return begun.lease
    },
    report: (lease, results, colo) => {
      const before = state
      state = frozen(complete(state, lease, results, now, rules, colo))
      return state !== before
    },
    round: (results = {}) => {
      if (scene.poll('round').kind === 'fresh') scene.after(rules.ttlMs)
      const lease = scene.lease('round')
      const healthy = Object.fromEntries(lease.checks.map((name) => [name, GOOD]))
      if (!scene.report(lease, { ...healthy, ...results })) throw new Error('the round was not accepted')
      return lease
    },
    failTimes: (times, name) => {
      for (let failed = 0; failed < times; failed += 1) scene.round({ [name]: BAD })
    },
    abandon: (lease) => void (state = frozen(abandon(state, lease))),
    forgetLease: () => void (state = frozen({ ...state, lease: null })),
    redefine: (next) => void (rules = next),
    check: (name) => {
      const check = checkState(state, name)
      if (check === undefined) throw new Error(`nothing is kept of ${name}`)
      return check
    },
    status: (name) => {
      const { policy } = rules.checks[name] ?? { policy: resolvePolicy({}) }
      return reported(scene.check(name), policy, now)
    },
  }
  return scene
}

/** A state is a value: whoever changes one in place is told by a TypeError. */
export function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) frozen(inner)
  }
  return value
}
