import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type CellRules,
  type CellState,
  EMPTY_CELL,
  type Lease,
  abandon,
  begin,
  checkState,
  complete,
  leaseMs,
} from '../../src/core/cell.ts'
import type { PolicyOptions } from '../../src/core/check.ts'
import { finding } from '../../src/core/finding.ts'
import { STATUSES, type Status } from '../../src/core/status.ts'
import { START, frozen, result, rulesOf } from './scene.ts'

const NAMES = ['shaky', 'flaky', 'plain'] as const
const TTL_MS = 5000
const LEASE_MS = leaseMs({ deadlineMs: 10_000 })

type Name = (typeof NAMES)[number]
type Findings = Readonly<Record<Name, Status>>

/** An event in the life of a cell. A runner holds a lease; the number picks one of them. */
type Event =
  | { readonly kind: 'poll'; readonly id: string }
  | { readonly kind: 'report'; readonly runner: number; readonly found: Findings }
  | { readonly kind: 'forge'; readonly found: Findings }
  | { readonly kind: 'die'; readonly runner: number }
  | { readonly kind: 'abandon'; readonly runner: number }
  | { readonly kind: 'evict' }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'step'; readonly ms: number }

interface Runner {
  readonly lease: Lease
  /** The checks that it is to try once, their breakers being half-open. */
  readonly trials: readonly Name[]
  /** In real time, which no stepping clock changes. */
  readonly startedAt: number
  ended: boolean
  dead: boolean
  /** Whether it is thought not to have started; it may have. */
  abandoned: boolean
  /** Whether the clock was stepped since: then nobody can tell how long it has been running. */
  stepped: boolean
}

/** The cell, its store, and beside them the little that a reader of the contract would keep. */
interface World {
  readonly rules: CellRules
  state: CellState
  now: number
  saved: CellState
  realNow: number
  held: Lease | null
  savedLease: Lease | null
  settledAt: number | null
  rounds: number
  readonly accepted: Readonly<Record<Name, { readonly status: Status; readonly at: number }[]>>
  readonly runners: Runner[]
}

/** How often the runs came by the places that matter: a property that never gets there proves nothing. */
const seen = {
  trials: 0,
  trialsThatClose: 0,
  trialsThatReopen: 0,
  expiries: 0,
  waits: 0,
  sameLeases: 0,
  forgottenLeases: 0,
  forgottenLeasesThatCount: 0,
  trialsThatOutliveEviction: 0,
  lateReports: 0,
  duplicates: 0,
  forgeries: 0,
  abandonedLeases: 0,
  abandonedLeasesThatCount: 0,
  clocksThatFreeABreaker: 0,
}

function claim(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}

function isNear(since: number | null, now: number, windowMs: number): boolean {
  return since !== null && Math.abs(now - since) < windowMs
}

function isSame(a: Lease, b: Lease): boolean {
  return a.id === b.id && a.round === b.round && a.startedAt === b.startedAt
}

/** A breaker as its history makes it: when it opened last, and for how long; `undefined` where it is closed. */
function openingOf(world: World, name: Name): { readonly at: number; readonly waitMs: number } | undefined {
  const policy = world.rules.checks[name]?.policy.breaker
  if (!policy) return undefined
  let failures = 0
  let opening: { at: number; waitMs: number } | undefined
  for (const { status, at } of world.accepted[name]) {
    if (status === 'unknown') continue
    failures = status === 'unhealthy' ? failures + 1 : 0
    const trips = failures - policy.failures + 1
    if (failures === 0) opening = undefined
    else if (trips >= 1) {
      opening = { at, waitMs: Math.min(policy.resetAfterMs * 2 ** (trips - 1), policy.maxResetAfterMs) }
    }
  }
  return opening
}

function isShut(world: World, name: Name): boolean {
  const opening = openingOf(world, name)
  const policy = world.rules.checks[name]?.policy.breaker
  if (opening === undefined || !policy) return false
  const leftMs = opening.at + opening.waitMs - world.now
  if (leftMs > policy.maxResetAfterMs) seen.clocksThatFreeABreaker += 1
  return leftMs > 0 && leftMs <= policy.maxResetAfterMs
}

function poll(world: World, id: string): void {
  const { state, now, rules, held } = world
  const [after, begun] = begin(state, now, id, rules)
  const isHeld = isNear(held?.startedAt ?? null, now, LEASE_MS)
  if (isNear(world.settledAt, now, TTL_MS)) {
    claim(begun.kind === 'fresh' && after === state, 'a fresh snapshot spares the round')
  } else if (isHeld && held?.id !== id) {
    claim(begun.kind === 'wait' && after === state, 'one lease at a time')
    claim(begun.kind === 'wait' && begun.forMs > 0 && begun.forMs < 2 * LEASE_MS, 'a wait has an end')
    seen.waits += 1
  } else if (isHeld) {
    claim(begun.kind === 'lease' && begun.lease === state.lease && after === state, 'the same lease again')
    seen.sameLeases += 1
  } else {
    if (begun.kind !== 'lease') throw new Error(`expected a lease, received ${begun.kind}`)
    if (held !== null) seen.expiries += 1
    handOut(world, begun.lease)
    world.state = frozen(after)
    if (begun.lease.trial) save(world)
  }
}

function handOut(world: World, lease: Lease): void {
  const { runners, realNow, now, rounds } = world
  const open = NAMES.filter((name) => isShut(world, name))
  const trials = NAMES.filter((name) => openingOf(world, name) !== undefined && !open.includes(name))
  claim(lease.startedAt === now && lease.round === rounds, 'a lease is of this moment')
  claim(!open.some((name) => lease.checks.includes(name)), 'an open breaker means no traffic')
  claim(lease.checks.length === NAMES.length - open.length, 'all others are run')
  claim(lease.trial === trials.length > 0, 'a trial is marked as one')
  for (const name of trials) {
    const others = runners.filter(
      (runner) => runner.trials.includes(name) && !runner.ended && !runner.stepped,
    )
    claim(!others.some(({ startedAt }) => realNow - startedAt < LEASE_MS), 'one trial in the world')
  }
  seen.trials += trials.length
  runners.push({
    lease,
    trials,
    startedAt: realNow,
    ended: false,
    dead: false,
    abandoned: false,
    stepped: false,
  })
  world.held = lease
}

function giveBack(world: World, runner: Runner): void {
  const { state, held } = world
  const { lease } = runner
  const after = abandon(state, lease)
  const isGiven = held !== null && isSame(lease, held) && !lease.trial
  claim(
    isGiven ? after.lease === null : after === state,
    'only the current lease is given back, and no trial',
  )
  if (!isGiven) return
  runner.abandoned = true
  seen.abandonedLeases += 1
  world.state = frozen(after)
  world.held = null
}

/** Saves as the Durable Object does: once a round, and once more for a trial. */
function save(world: World): void {
  world.saved = world.state
  world.savedLease = world.held
}

function evict(world: World): void {
  if (world.held !== null && world.savedLease === null) seen.forgottenLeases += 1
  if (world.savedLease !== null && isNear(world.savedLease.startedAt, world.now, LEASE_MS)) {
    seen.trialsThatOutliveEviction += 1
  }
  world.state = frozen(JSON.parse(JSON.stringify(world.saved)) as CellState)
  world.held = world.savedLease
}

function report(world: World, { lease, ended, abandoned, trials }: Runner, found: Findings): void {
  const { state, now, rules, held, rounds } = world
  const results = Object.fromEntries(NAMES.map((name) => [name, result(found[name])]))
  const after = complete(state, now, lease, results, rules)
  const isCurrent = lease.round === rounds && (held === null || isSame(lease, held))
  const isLive = isNear(lease.startedAt, now, LEASE_MS)
  claim((after !== state) === (isCurrent && isLive), 'only the current lease, and in time, changes anything')
  if (after === state) {
    if (isCurrent) seen.lateReports += 1
    if (ended) seen.duplicates += 1
    return
  }
  if (abandoned) seen.abandonedLeasesThatCount += 1
  else if (held === null) seen.forgottenLeasesThatCount += 1
  for (const name of trials) {
    if (found[name] === 'unhealthy') seen.trialsThatReopen += 1
    else if (found[name] !== 'unknown') seen.trialsThatClose += 1
  }
  // Checks that were not in the lease have a result here, too: it must not count.
  for (const name of NAMES) {
    if (lease.checks.includes(name)) world.accepted[name].push({ status: found[name], at: now })
  }
  world.state = frozen(after)
  world.held = null
  world.rounds += 1
  world.settledAt = now
  save(world)
}

function happen(world: World, event: Event): void {
  const runner = 'runner' in event ? world.runners.at(-1 - (event.runner % world.runners.length)) : undefined
  switch (event.kind) {
    case 'poll':
      return poll(world, event.id)
    case 'report':
      if (runner === undefined || runner.dead) return
      report(world, runner, event.found)
      runner.ended = true
      return
    case 'forge':
      if (world.held === null) return
      seen.forgeries += 1
      return report(world, { ...NOBODY, lease: { ...world.held, id: 'forged' } }, event.found)
    case 'die':
      if (runner !== undefined) runner.dead = true
      return
    case 'abandon':
      if (runner !== undefined) giveBack(world, runner)
      return
    case 'evict':
      return evict(world)
    case 'pass':
      world.realNow += event.ms
      world.now += event.ms
      return
    case 'step':
      world.now += event.ms
      for (const each of world.runners) each.stepped = true
  }
}

const NOBODY = {
  trials: [],
  startedAt: 0,
  ended: false,
  dead: false,
  abandoned: false,
  stepped: false,
} as const

/** The claims that hold at every moment. */
function inspect(world: World): void {
  const { state, now, rules, held, rounds, runners } = world
  claim(isDeepStrictEqual(JSON.parse(JSON.stringify(state)), state), 'the state is plain JSON')
  claim(
    isDeepStrictEqual(state.lease, held) && state.round === rounds,
    'the lease and the rounds are as told',
  )

  const acceptable = runners.filter(({ lease }) => complete(state, now, lease, {}, rules) !== state)
  const first = acceptable[0]?.lease
  if (held !== null)
    claim(
      acceptable.every(({ lease }) => isSame(lease, held)),
      'one live lease at a time',
    )
  for (const name of NAMES) {
    const trials = acceptable.filter((runner) => runner.trials.includes(name))
    claim(
      trials.every(({ lease }) => first !== undefined && isSame(lease, first)),
      'one live trial of a check',
    )
    inspectCheck(world, name)
  }
}

function inspectCheck(world: World, name: Name): void {
  const { state, rules } = world
  const history = world.accepted[name].map(({ status }) => status)
  const check = checkState(state, name)
  const policy = rules.checks[name]?.policy
  if (check === undefined || policy === undefined) return claim(history.length === 0, 'no result is lost')
  for (const status of STATUSES) {
    claim(
      check.runs[status] === history.filter((found) => found === status).length,
      'every result counts once',
    )
  }
  claim(check.last.status === history.at(-1), 'the last result is the last')

  const known = history.filter((status) => status !== 'unknown')
  if (finding(check, policy).status === 'healthy') {
    const isBad = (status: Status): boolean => status !== 'healthy'
    claim(known.includes('healthy') && history.at(-1) !== 'unknown', 'healthy needs a good result')
    claim(!known.slice(-policy.failAfter).every(isBad), 'healthy ends at failAfter bad results')
    claim(openingOf(world, name) === undefined, 'healthy needs a closed breaker')
  }

  const opening = openingOf(world, name)
  if (opening === undefined || policy.breaker === false) return
  const over = Math.max(
    opening.at + policy.breaker.maxResetAfterMs,
    (world.settledAt ?? 0) + TTL_MS,
    (state.lease?.startedAt ?? 0) + LEASE_MS,
  )
  for (const moment of [over, START - 1e12]) {
    const [, begun] = begin(state, moment, 'anybody', rules)
    claim(begun.kind === 'lease' && begun.lease.checks.includes(name), 'no breaker is open for ever')
  }
}

const findings: fc.Arbitrary<Findings> = fc.record({
  shaky: fc.constantFrom<Status>('unhealthy', 'unhealthy', 'unhealthy', 'healthy', 'unknown'),
  flaky: fc.constantFrom<Status>('unhealthy', 'healthy', 'degraded', 'unknown'),
  plain: fc.constantFrom(...STATUSES),
})

// Mostly the latest runner, as late ones are not many.
const runner = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(5) })

const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('poll'), id: fc.constantFrom('a', 'b', 'c') }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('report'), runner, found: findings }) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('pass'), ms: time(1, 900, 5000, 11_000, 30_000, 90_000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('step'), ms: time(-1, -4000, -11_000, -1e8, 4000, 1e8) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('evict') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('die'), runner }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('abandon'), runner }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('forge'), found: findings }) },
) as fc.Arbitrary<Event>

function time(...ms: readonly number[]): fc.Arbitrary<number> {
  return fc.constantFrom(...ms)
}

const breaking: fc.Arbitrary<PolicyOptions> = fc.record({
  breaker: fc.record({
    failures: fc.integer({ min: 1, max: 3 }),
    resetAfterMs: fc.constantFrom(2000, 20_000, 30_000),
    maxResetAfterMs: fc.constantFrom(30_000, 80_000),
  }),
  failAfter: fc.integer({ min: 1, max: 3 }),
  recoverAfter: fc.integer({ min: 1, max: 3 }),
})

test('whatever happens, in whatever order, the cell keeps its promises', () => {
  const events = fc.array(event, { minLength: 20, maxLength: 80, size: 'max' })
  fc.assert(
    fc.property(breaking, breaking, events, (shaky, flaky, script) => {
      const world: World = {
        rules: rulesOf({ shaky, flaky, plain: { breaker: false, failAfter: 2 } }, { ttlMs: TTL_MS }),
        state: EMPTY_CELL,
        now: START,
        saved: EMPTY_CELL,
        realNow: 0,
        held: null,
        savedLease: null,
        settledAt: null,
        rounds: 0,
        accepted: { shaky: [], flaky: [], plain: [] },
        runners: [],
      }
      for (const each of script) {
        happen(world, each)
        inspect(world)
      }
    }),
    { numRuns: 1000 },
  )
  for (const [place, times] of Object.entries(seen)) expect(times, place).toBeGreaterThan(20)
})
