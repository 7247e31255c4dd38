import {
  type Begun,
  type CellRules,
  type CellState,
  EMPTY_CELL,
  type Lease,
  type Reading,
  abandon,
  begin,
  checkState,
  complete,
  read,
} from '../../src/core/cell.ts'
import type { Policy, PolicyOptions } from '../../src/core/check.ts'
import type { CheckState, Result } from '../../src/core/check-state.ts'
import { type Health, type HealthOptions, defineHealth } from '../../src/core/define.ts'
import { type Finding, finding } from '../../src/core/finding.ts'
import { resolvePolicy } from '../../src/core/policy.ts'
import type { CheckReport, Report } from '../../src/core/report.ts'
import type { Status } from '../../src/core/status.ts'
import { checkOf } from '../health.ts'

export const START = Date.UTC(2026, 10, 23, 5)

export function result(status: Status, durationMs = 10): Result {
  return { status, detail: status === 'healthy' ? '' : 'error', durationMs }
}

export const GOOD: Result = result('healthy')
export const BAD: Result = result('unhealthy')
export const UNKNOWN: Result = result('unknown')

const LETTERS: Readonly<Record<string, Status>> = {
  H: 'healthy',
  D: 'degraded',
  U: 'unhealthy',
  '?': 'unknown',
}

/** The statuses of a row of letters: H healthy, D degraded, U unhealthy, ? unknown. */
export function statusesIn(letters: string): Status[] {
  return letters.split('').flatMap((letter) => LETTERS[letter] ?? [])
}

export function letterOf(status: Status): string {
  const [letter = ''] = Object.entries(LETTERS).find(([, known]) => known === status) ?? []
  return letter
}

export function rulesOf(
  checks: Readonly<Record<string, PolicyOptions>>,
  times: Partial<Pick<CellRules, 'ttlMs' | 'deadlineMs'>> = {},
): CellRules {
  const named = Object.entries(checks).map(([name, options]) => [name, { policy: resolvePolicy(options) }])
  return { ttlMs: 5000, deadlineMs: 10_000, ...times, checks: Object.fromEntries(named) }
}

/** A definition of checks that no test runs. */
export function healthOf(
  checks: Readonly<Record<string, PolicyOptions>>,
  options: Partial<HealthOptions<unknown>> = {},
): Health<never> {
  const named = Object.entries(checks).map(([name, policy]) => [name, checkOf(async () => {}, policy)])
  return defineHealth({ ...options, checks: Object.fromEntries(named) })
}

export function checkIn({ checks }: Report, name: string): CheckReport {
  const check = checks.find((candidate) => candidate.name === name)
  if (check === undefined) throw new Error(`no check ${name} in the report`)
  return check
}

/** One cell and its clock. */
export interface Scene {
  readonly state: () => CellState
  readonly reading: () => Reading
  /** Lets time pass, or steps the clock back. */
  readonly after: (ms: number) => void
  readonly poll: (id?: string) => Begun
  /** A poll that must get a lease. */
  readonly lease: (id?: string) => Lease
  /** Delivers the results of a round, and tells whether the cell took them. */
  readonly report: (lease: Lease, results: Readonly<Record<string, Result>>, colo?: string) => boolean
  /** A whole round, as soon as the last one is no longer fresh. Checks that are not named here are healthy. */
  readonly round: (results?: Readonly<Record<string, Result>>) => Lease
  readonly failTimes: (times: number, name: string) => void
  readonly abandon: (lease: Lease) => void
  /** Loses the lease, as an eviction does with a lease that is in memory only. */
  readonly forgetLease: () => void
  readonly redefine: (rules: CellRules) => void
  readonly check: (name: string) => CheckState
  readonly finding: (name: string) => Finding
  readonly status: (name: string) => Status
}

export function sceneOf(initial: CellRules): Scene {
  let rules = initial
  let state = EMPTY_CELL
  let now = START
  const policyOf = (name: string): Policy => rules.checks[name]?.policy ?? resolvePolicy({})

  const scene: Scene = {
    state: () => state,
    reading: () => read(state, now, rules),
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
      state = frozen(complete(state, now, lease, results, rules, colo))
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
      if (check === undefined) throw new Error(`the cell has no check ${name}`)
      return check
    },
    finding: (name) => finding(scene.check(name), policyOf(name)),
    status: (name) => scene.finding(name).status,
  }
  return scene
}

/** A state is a value, so changing one in place is a TypeError here. */
export function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) frozen(inner)
  }
  return value
}
