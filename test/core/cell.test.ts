import { describe, expect, test } from 'vitest'
import { type CellRules, leaseMs } from '../../src/core/cell.ts'
import type { PolicyOptions } from '../../src/core/check.ts'
import { resolvePolicy } from '../../src/core/policy.ts'
import type { Status } from '../../src/core/status.ts'
import { BAD, GOOD, START, UNKNOWN, result, rulesOf, sceneOf } from './scene.ts'

const TTL_MS = 5000
const RULES: CellRules = rulesOf({ db: {}, cache: { critical: false } })
const LEASE_MS = leaseMs(RULES)

const SHAKY: PolicyOptions = { breaker: { failures: 3, resetAfterMs: 30_000, maxResetAfterMs: 120_000 } }

describe('a poll', () => {
  test('of a cell that never ran gets the lease of a round with every check', () => {
    const lease = { id: 'a', round: 0, startedAt: START, checks: ['db', 'cache'], trial: false }
    expect(sceneOf(RULES).poll('a')).toEqual({ kind: 'lease', lease })
  })

  test.each([
    [0, 'fresh', 'it has just settled'],
    [TTL_MS - 1, 'fresh', 'it is within its time'],
    [TTL_MS, 'lease', 'its time is over'],
    [-TTL_MS + 1, 'fresh', 'the clock stepped back a little'],
    [-TTL_MS, 'lease', 'no clock can make it fresh for longer'],
    [-1e12, 'lease', 'no clock can make it fresh for longer'],
  ])('%d ms after a round finds: %s, as %s', (ms, kind) => {
    const scene = sceneOf(RULES)
    scene.round()
    scene.after(ms)
    expect(scene.poll().kind).toBe(kind)
  })

  test('gets the snapshot and the time of the cell', () => {
    const scene = sceneOf(RULES)
    scene.round()
    scene.after(812)
    const { lease: _, ...snapshot } = scene.state()
    expect(scene.poll()).toEqual({ kind: 'fresh', reading: { snapshot, now: START + 812 } })
    expect(snapshot).toMatchObject({ round: 1, settledAt: START })
  })

  test('waits while another poll runs the round, at most until its lease runs out', () => {
    const scene = sceneOf(RULES)
    scene.lease('runner')
    scene.after(1500)
    expect(scene.poll('b')).toEqual({ kind: 'wait', forMs: LEASE_MS - 1500 })
    expect(scene.poll('c')).toEqual({ kind: 'wait', forMs: LEASE_MS - 1500 })
  })

  test('that is repeated because its answer was lost gets the same lease again', () => {
    const scene = sceneOf(RULES)
    const lease = scene.lease('runner')
    scene.after(2000)
    expect(scene.lease('runner')).toEqual(lease)
  })

  test.each([
    [LEASE_MS - 1, 'wait', 'the runner may yet report'],
    [LEASE_MS, 'lease', 'the runner is given up'],
    [-LEASE_MS + 1, 'wait', 'the clock stepped back a little'],
    [-LEASE_MS, 'lease', 'no clock can make it wait for longer'],
    [-1e12, 'lease', 'no clock can make it wait for longer'],
  ])('%d ms after a round began finds: %s, as %s', (ms, kind) => {
    const scene = sceneOf(RULES)
    scene.lease('runner')
    scene.after(ms)
    expect(scene.poll('next').kind).toBe(kind)
  })

  test('changes the state only to give a lease', () => {
    const scene = sceneOf(RULES)
    const lease = scene.lease('runner')
    const leased = scene.state()
    scene.poll('runner')
    scene.poll('b')
    expect(scene.state()).toBe(leased)
    scene.report(lease, { db: GOOD, cache: GOOD })
    const settled = scene.state()
    scene.poll('c')
    expect(scene.state()).toBe(settled)
  })
})

describe('the checks of a lease', () => {
  test('are in the order in which they were quick last time', () => {
    const scene = sceneOf(rulesOf({ hangs: {}, slow: {}, quick: {} }))
    scene.round({
      hangs: result('unhealthy', 5000),
      slow: result('healthy', 90),
      quick: result('healthy', 3),
    })
    expect(scene.round().checks).toEqual(['quick', 'slow', 'hangs'])
  })

  test('begin with the ones that never ran', () => {
    const scene = sceneOf(rulesOf({ slow: {} }))
    scene.round({ slow: result('healthy', 90) })
    scene.redefine(rulesOf({ slow: {}, added: {} }))
    expect(scene.lease().checks).toEqual(['added', 'slow'])
  })
})

describe('a report', () => {
  test('settles its round', () => {
    const scene = sceneOf(RULES)
    const lease = scene.lease()
    scene.after(40)
    expect(scene.report(lease, { db: GOOD, cache: BAD })).toBe(true)
    expect(scene.state()).toMatchObject({
      round: 1,
      settledAt: START + 40,
      lease: null,
      checks: { db: { last: GOOD, checkedAt: START + 40 }, cache: { last: BAD, checkedAt: START + 40 } },
    })
  })

  test.each([
    [0, true],
    [LEASE_MS - 1, true],
    [LEASE_MS, false],
    [-LEASE_MS + 1, true],
    [-LEASE_MS, false],
  ])('%d ms after the round began counts: %s', (ms, counts) => {
    const scene = sceneOf(RULES)
    const lease = scene.lease()
    scene.after(ms)
    expect(scene.report(lease, { db: GOOD, cache: GOOD })).toBe(counts)
  })

  test('of a runner that was given up is dropped, and that of its successor counts', () => {
    const scene = sceneOf(RULES)
    const dead = scene.lease('dead')
    scene.after(LEASE_MS)
    const next = scene.lease('next')
    expect(scene.report(dead, { db: BAD, cache: BAD })).toBe(false)
    expect(scene.report(next, { db: GOOD, cache: GOOD })).toBe(true)
    expect(scene.check('db').runs).toEqual({ healthy: 1, degraded: 0, unhealthy: 0, unknown: 0 })
  })

  test('of a lease that is not the current one is dropped', () => {
    const scene = sceneOf(RULES)
    const lease = scene.lease()
    expect(scene.report({ ...lease, id: 'foreign' }, { db: BAD, cache: BAD })).toBe(false)
    expect(scene.report({ ...lease, round: 7 }, { db: BAD, cache: BAD })).toBe(false)
  })

  test('that comes twice counts once', () => {
    const scene = sceneOf(RULES)
    const lease = scene.round()
    expect(scene.report(lease, { db: BAD, cache: BAD })).toBe(false)
    expect(scene.check('db').runs).toMatchObject({ healthy: 1, unhealthy: 0 })
  })

  test('that comes twice counts once, even where the same id runs the next round', () => {
    const scene = sceneOf(RULES)
    const first = scene.lease('runner')
    scene.report(first, { db: GOOD, cache: GOOD })
    scene.after(TTL_MS)
    const second = scene.lease('runner')
    expect(scene.report(first, { db: BAD, cache: BAD })).toBe(false)
    expect(scene.report(second, { db: GOOD, cache: GOOD })).toBe(true)
  })

  test('of an earlier lease of the same id is dropped', () => {
    const scene = sceneOf(RULES)
    const forgotten = scene.lease('runner')
    scene.forgetLease()
    scene.after(2000)
    const current = scene.lease('runner')
    expect(scene.report(forgotten, { db: BAD, cache: BAD })).toBe(false)
    expect(scene.report(current, { db: GOOD, cache: GOOD })).toBe(true)
  })

  test('of a lease that the store forgot counts, once', () => {
    const scene = sceneOf(RULES)
    const lease = scene.lease()
    scene.forgetLease()
    expect(scene.report(lease, { db: GOOD, cache: GOOD })).toBe(true)
    expect(scene.report(lease, { db: GOOD, cache: GOOD })).toBe(false)
  })

  test('of a lease that the store forgot is dropped once another round has begun', () => {
    const scene = sceneOf(RULES)
    const forgotten = scene.lease('forgotten')
    scene.forgetLease()
    const next = scene.lease('next')
    expect(scene.report(forgotten, { db: BAD, cache: BAD })).toBe(false)
    expect(scene.report(next, { db: GOOD, cache: GOOD })).toBe(true)
  })

  test('of a lease that the store forgot is dropped once another round has settled', () => {
    const scene = sceneOf(RULES)
    const forgotten = scene.lease()
    scene.forgetLease()
    scene.round()
    expect(scene.report(forgotten, { db: BAD, cache: BAD })).toBe(false)
  })

  test('of a lease that the store forgot is dropped when its time is over', () => {
    const scene = sceneOf(RULES)
    const forgotten = scene.lease()
    scene.forgetLease()
    scene.after(LEASE_MS)
    expect(scene.report(forgotten, { db: BAD, cache: BAD })).toBe(false)
  })

  test('without a result for a check makes it unknown, whatever it was before', () => {
    const scene = sceneOf(RULES)
    scene.round()
    scene.after(TTL_MS)
    scene.report(scene.lease(), { db: GOOD })
    expect(scene.status('db')).toBe('healthy')
    expect(scene.status('cache')).toBe('unknown')
    expect(scene.check('cache').last).toEqual({ status: 'unknown', detail: 'not run yet', durationMs: 0 })
  })

  test('changes no check that was not in its lease or that is not defined', () => {
    const scene = sceneOf(RULES)
    const lease = scene.lease()
    scene.report({ ...lease, checks: ['db', 'stranger'] }, { db: GOOD, cache: GOOD, stranger: GOOD })
    expect(Object.keys(scene.state().checks)).toEqual(['db'])
    expect(scene.check('db').last).toEqual(GOOD)
  })
})

describe('a lease that found no runner', () => {
  test('is given back, so that the next poll has one at once', () => {
    const scene = sceneOf(RULES)
    scene.abandon(scene.lease('a'))
    expect(scene.poll('b').kind).toBe('lease')
  })

  test('runs out instead where it has a trial: a runner that did not answer may have started', () => {
    const scene = sceneOf(rulesOf({ shaky: SHAKY }))
    scene.failTimes(3, 'shaky')
    scene.after(30_000)
    scene.abandon(scene.lease('a'))
    expect(scene.poll('b').kind).toBe('wait')
    scene.after(LEASE_MS)
    expect(scene.lease('b').trial).toBe(true)
  })

  test('is not given back if it is not the current one', () => {
    const scene = sceneOf(RULES)
    const old = scene.lease('a')
    scene.after(LEASE_MS)
    scene.lease('a')
    scene.abandon(old)
    expect(scene.poll('b').kind).toBe('wait')
  })
})

test('a cell remembers the data centre of its rounds until a round names another', () => {
  const scene = sceneOf(RULES)
  const told = [undefined, 'AMS', undefined, 'FRA'].map((colo) => {
    scene.after(TTL_MS)
    scene.report(scene.lease(), { db: GOOD, cache: GOOD }, colo)
    return scene.reading().snapshot.colo
  })
  expect(told).toEqual([null, 'AMS', 'AMS', 'FRA'])
})

describe('when the definition changes', () => {
  test('a check that was added makes the snapshot no longer fresh', () => {
    const scene = sceneOf(RULES)
    scene.round()
    scene.redefine(rulesOf({ db: {}, cache: {}, added: {} }))
    expect(scene.poll().kind).toBe('lease')
  })

  test('a check that was removed leaves it fresh, and is kept for a version that still has it', () => {
    const scene = sceneOf(RULES)
    scene.round()
    const { cache } = scene.state().checks
    scene.redefine(rulesOf({ db: {} }))
    expect(scene.poll().kind).toBe('fresh')
    expect(scene.round().checks).toEqual(['db'])
    expect(scene.state().checks['cache']).toEqual(cache)
  })

  test('and is forgotten after a day without a word of it', () => {
    const scene = sceneOf(RULES)
    scene.round()
    scene.redefine(rulesOf({ db: {} }))
    scene.after(24 * 3600 * 1000 - 1)
    scene.round()
    expect(Object.keys(scene.state().checks)).toContain('cache')
    scene.after(5000)
    scene.round()
    expect(Object.keys(scene.state().checks)).toEqual(['db'])
  })

  test('of checks that this version lacks no more than 200 are kept', () => {
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`c${index}`, {}]))
    const scene = sceneOf(rulesOf(many))
    scene.round()
    scene.redefine(rulesOf({ db: {} }))
    scene.round()
    expect(Object.keys(scene.state().checks)).toHaveLength(201)
  })

  test('two versions side by side lose nothing of each other: a breaker stays open, counters grow', () => {
    const shaky = { breaker: { failures: 3, resetAfterMs: 30_000 } }
    const [older, newer] = [rulesOf({ db: {} }), rulesOf({ db: {}, shaky })]
    const scene = sceneOf(newer)
    let probes = 0
    for (let turn = 0; turn < 16; turn += 1) {
      scene.redefine(turn % 2 === 0 ? newer : older)
      const { checks } = scene.round(turn % 2 === 0 ? { shaky: BAD } : {})
      probes += checks.includes('shaky') ? 1 : 0
    }
    expect(probes).toBe(3 + 1 /* trial, after 30 s */)
    expect(scene.state().checks['shaky']).toMatchObject({ runs: { unhealthy: 4 }, trips: 2 })
    expect(scene.state().checks['db']).toMatchObject({ runs: { healthy: 16 } })
  })

  test('a check of another kind starts anew, and is run at once', () => {
    const of = (kind: string): CellRules => ({
      ...rulesOf({}),
      checks: { db: { policy: resolvePolicy({ breaker: { failures: 1 } }), kind } },
    })
    const scene = sceneOf(of('postgres'))
    scene.round({ db: BAD })
    expect(scene.state().checks['db']).toMatchObject({ kind: 'postgres', breaker: { state: 'open' } })
    scene.redefine(of('http'))
    expect(scene.poll().kind).toBe('lease')
    scene.abandon(scene.lease())
    scene.round()
    expect(scene.state().checks['db']).toMatchObject({
      kind: 'http',
      breaker: { state: 'closed' },
      runs: { healthy: 1, unhealthy: 0 },
    })
  })

  test('a check that was kept before kinds were is the same check', () => {
    const scene = sceneOf(rulesOf({ db: {} }))
    scene.round()
    scene.redefine({ ...rulesOf({}), checks: { db: { policy: resolvePolicy({}), kind: 'postgres' } } })
    expect(scene.poll().kind).toBe('fresh')
  })

  test('a check that its round did not reach is unknown, and keeps the numbers of its runs', () => {
    const scene = sceneOf(rulesOf({ db: {}, cache: {} }))
    scene.round()
    const { checkedAt, runs, durations } = scene.check('db')
    scene.after(5000)
    scene.report(scene.lease(), { cache: GOOD })
    expect(scene.status('db')).toBe('unknown')
    expect(scene.check('db')).toMatchObject({ checkedAt, runs, durations, last: { detail: 'not run yet' } })
    scene.round()
    expect(scene.status('db')).toBe('healthy')
  })

  test.each(['constructor', 'toString', 'hasOwnProperty', 'valueOf'])('a check may be named %s', (name) => {
    const scene = sceneOf(RULES)
    scene.round()
    const rules = rulesOf({ db: {}, [name]: {} })
    scene.redefine(rules)
    const lease = scene.lease()
    expect(lease.checks, 'no inherited property counts as a result').toEqual([name, 'db'])
    scene.report(lease, { db: GOOD })
    expect(scene.status(name)).toBe('unknown')
    scene.round()
    expect(scene.check(name).runs).toMatchObject({ healthy: 1, unknown: 0 })
    expect(scene.status(name)).toBe('healthy')
  })
})

describe('an open breaker', () => {
  test('keeps its check out of the rounds, and no other', () => {
    const scene = sceneOf(rulesOf({ shaky: SHAKY, steady: {} }))
    scene.failTimes(3, 'shaky')
    expect(scene.round().checks).toEqual(['steady'])
    expect(scene.status('shaky')).toBe('unhealthy')
    expect(scene.check('shaky')).toMatchObject({ trips: 1, runs: { unhealthy: 3 } })
  })

  test('can leave a round with no check, which settles', () => {
    const scene = sceneOf(rulesOf({ shaky: SHAKY }))
    scene.failTimes(3, 'shaky')
    expect(scene.round().checks).toEqual([])
    expect(scene.poll().kind).toBe('fresh')
  })

  test('lets one trial through after its wait, marked as such', () => {
    const scene = sceneOf(rulesOf({ shaky: SHAKY, steady: {} }))
    scene.failTimes(3, 'shaky')
    scene.after(29_999)
    expect(scene.round(), 'a millisecond before').toMatchObject({ checks: ['steady'], trial: false })
    scene.after(TTL_MS)
    expect(scene.lease('a')).toMatchObject({ checks: ['shaky', 'steady'], trial: true })
    expect(scene.poll('b').kind).toBe('wait')
    expect(scene.status('shaky'), 'half-open is not yet good').toBe('unhealthy')
  })

  test('closes when the trial goes well', () => {
    const scene = sceneOf(rulesOf({ shaky: SHAKY }))
    scene.failTimes(3, 'shaky')
    scene.after(30_000)
    scene.round()
    expect(scene.status('shaky')).toBe('healthy')
    expect(scene.round()).toMatchObject({ checks: ['shaky'], trial: false })
  })

  test('opens again for twice as long when it does not, and that is a trip', () => {
    const scene = sceneOf(rulesOf({ shaky: SHAKY }))
    scene.failTimes(3, 'shaky')
    scene.after(30_000)
    scene.failTimes(1, 'shaky')
    scene.after(59_999)
    expect(scene.round().checks).toEqual([])
    scene.after(TTL_MS)
    expect(scene.lease()).toMatchObject({ checks: ['shaky'], trial: true })
    expect(scene.check('shaky').trips).toBe(2)
  })

  test('is tried again when a trial proves nothing, and that is no trip', () => {
    const scene = sceneOf(rulesOf({ shaky: SHAKY }))
    scene.failTimes(3, 'shaky')
    scene.after(30_000)
    scene.round({ shaky: UNKNOWN })
    expect(scene.status('shaky')).toBe('unhealthy')
    expect(scene.round()).toMatchObject({ checks: ['shaky'], trial: true })
    expect(scene.check('shaky').trips).toBe(1)
  })

  test('is tried again when the runner of the trial dies', () => {
    const scene = sceneOf(rulesOf({ shaky: SHAKY }))
    scene.failTimes(3, 'shaky')
    scene.after(30_000)
    const dead = scene.lease('dead')
    scene.after(LEASE_MS)
    const next = scene.lease('next')
    expect(next).toMatchObject({ checks: ['shaky'], trial: true })
    expect(scene.report(dead, { shaky: GOOD })).toBe(false)
    expect(scene.report(next, { shaky: GOOD })).toBe(true)
  })
})

describe('a cell has started up', () => {
  const breaker = { failures: 1 }
  test.each<[PolicyOptions, Status, boolean, string]>([
    [{}, 'healthy', true, 'all is well'],
    [{}, 'degraded', true, 'degraded is good enough'],
    [{}, 'unhealthy', false, 'a critical check fails'],
    [{}, 'unknown', false, 'nothing is known of a critical check'],
    [{ breaker }, 'unhealthy', false, 'its breaker is open'],
    [{ failAfter: 2 }, 'unhealthy', false, 'a failure not yet believed is no good word either'],
    [{ critical: false }, 'unhealthy', true, 'only critical checks count'],
    [{ critical: false }, 'unknown', true, 'only critical checks count'],
    [{ probes: ['ready'] }, 'unhealthy', true, 'it counts for readiness alone'],
    [{ probes: ['startup'] }, 'unhealthy', false, 'it counts for startup'],
  ])('with a check of %j found %s: %s, as %s', (options, status, started) => {
    const scene = sceneOf(rulesOf({ check: options, steady: {} }))
    expect(scene.state().startedUp).toBe(false)
    scene.round({ check: result(status) })
    expect(scene.state().startedUp).toBe(started)
  })

  test('only when every critical check has a result', () => {
    const scene = sceneOf(rulesOf({ db: {}, cache: {} }))
    scene.report(scene.lease(), { db: GOOD })
    expect(scene.state().startedUp).toBe(false)
    scene.round()
    expect(scene.state().startedUp).toBe(true)
  })

  test('for good, whatever fails later', () => {
    const scene = sceneOf(RULES)
    scene.round()
    scene.failTimes(5, 'db')
    expect(scene.state().startedUp).toBe(true)
  })
})

test('a reading names the checks that are tried right now, and only as long as their trial can be under way', () => {
  const scene = sceneOf(rulesOf({ steady: {}, shaky: { breaker: { failures: 1, resetAfterMs: 30_000 } } }))
  scene.failTimes(1, 'shaky')
  expect(scene.reading().trials).toBeUndefined()
  scene.after(31_000)
  expect(scene.reading().trials).toBeUndefined()
  const lease = scene.lease()
  expect(scene.reading().trials).toEqual(['shaky'])
  scene.after(11_000)
  expect(scene.reading().trials).toBeUndefined()
  scene.after(-11_000)
  scene.report(lease, { steady: GOOD, shaky: GOOD })
  expect(scene.reading().trials).toBeUndefined()
})
