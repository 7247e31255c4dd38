import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Health, type Quorum, defineHealth } from '../../src/core/define.ts'
import { foldRegions } from '../../src/core/quorum.ts'
import { REGIONS } from '../../src/core/region.ts'
import { type RegionReport, type Report, report } from '../../src/core/report.ts'
import { STATUSES, type Status } from '../../src/core/status.ts'
import { checkOf } from '../health.ts'
import { frozen, result, sceneOf } from './scene.ts'

/** One that is critical, one that is not, one that counts for startup alone, and a second critical one. */
const CHECKS = {
  db: checkOf(async () => {}),
  cache: checkOf(async () => {}, { critical: false }),
  migrations: checkOf(async () => {}, { probes: ['startup'] }),
  mail: checkOf(async () => {}),
}

type Name = keyof typeof CHECKS
const NAMES = Object.keys(CHECKS) as readonly Name[]

/** The voice of a region: a round of now, one past `staleAfterMs`, or no round ever. */
interface Voice {
  readonly heard: 'now' | 'stale' | 'never'
  readonly found: Readonly<Record<Name, Status>>
}

interface World {
  readonly quorum: Quorum
  readonly voices: readonly Voice[]
}

const found: fc.Arbitrary<Voice['found']> = fc.record({
  db: status(),
  cache: status(),
  migrations: status(),
  mail: status(),
})

function status(): fc.Arbitrary<Status> {
  return fc.constantFrom<Status>('healthy', 'healthy', ...STATUSES)
}

const voice: fc.Arbitrary<Voice> = fc.record({
  heard: fc.constantFrom('now', 'now', 'now', 'now', 'now', 'now', 'stale', 'never'),
  found,
})

const world: fc.Arbitrary<World> = fc
  .array(voice, { minLength: 1, maxLength: 8, size: 'max' })
  .chain((voices) =>
    fc.record({
      quorum: fc.oneof(
        fc.constantFrom('any', 'majority', 'all'),
        fc.integer({ min: 1, max: voices.length }),
      ) as fc.Arbitrary<Quorum>,
      voices: fc.constant(voices),
    }),
  )

/** Best first, as the one who is woken sees it. */
const RANK = { healthy: 0, degraded: 1, unknown: 2, unhealthy: 3 } as const

function healthOf({ quorum, voices }: World): Health<never> {
  return defineHealth({ checks: CHECKS, quorum, regions: REGIONS.slice(0, voices.length) })
}

/** A region's report does not depend on the other regions, so each is made once. */
const reports = new Map<string, Report>()

function reportOf(health: Health<never>, { heard, found: statuses }: Voice): Report {
  const key = JSON.stringify([heard, ...NAMES.map((name) => statuses[name])])
  const known = reports.get(key)
  if (known !== undefined) return known
  const cell = sceneOf(health)
  if (heard !== 'never') {
    cell.round(Object.fromEntries(NAMES.map((name) => [name, result(statuses[name])])))
  }
  if (heard === 'stale') cell.after(health.staleAfterMs + 1)
  const made = frozen(report(health, cell.reading(), 'shared'))
  reports.set(key, made)
  return made
}

function regionsOf(given: World): RegionReport[] {
  const health = healthOf(given)
  return given.voices.map((each, index) => ({
    region: REGIONS[index] ?? 'nowhere',
    colo: null,
    report: reportOf(health, each),
  }))
}

function foldOf(given: World): Report {
  return foldRegions(healthOf(given), regionsOf(given))
}

/** The statuses of the whole and of each check. */
function statusesOf({ status: whole, checks }: Report): Record<Name | 'whole', Status> {
  const each = Object.fromEntries(checks.map((check) => [check.name, check.finding.status]))
  return { whole, ...(each as Record<Name, Status>) }
}

/** The vote of each region on a check. A region without a round of now votes unknown. */
function votesOn({ voices }: World, name: Name): Status[] {
  return voices.map((each) => (each.heard === 'now' ? each.found[name] : 'unknown'))
}

function count(votes: readonly Status[], wanted: Status): number {
  return votes.filter((vote) => vote === wanted).length
}

/** Said in other words than those of the source. */
function neededOf({ quorum, voices }: World): number {
  const counts = voices.map((_, index) => index + 1)
  const isEnough = {
    any: () => true,
    majority: (agreeing: number) => agreeing > voices.length - agreeing,
    all: (agreeing: number) => agreeing === voices.length,
  }
  return counts.find(typeof quorum === 'number' ? (n) => n === quorum : isEnough[quorum]) ?? Infinity
}

/** The change of one status when one vote turns unhealthy. */
interface Step {
  /** The check of the vote. */
  readonly on: Name
  /** The check whose status it is, or the whole. */
  readonly of: Name | 'whole'
  readonly was: Status
  readonly is: Status
}

/** Lets each vote that is such turn unhealthy, one at a time. */
function* turning(given: World, isSuch: (vote: Status) => boolean): Generator<Step> {
  const before = statusesOf(foldOf(given))
  for (const on of NAMES) {
    for (const [index, vote] of votesOn(given, on).entries()) {
      if (!isSuch(vote)) continue
      const voices = given.voices.with(index, unhealthyIn(given, index, on))
      const after = statusesOf(foldOf({ ...given, voices }))
      for (const of of ['whole', ...NAMES] as const) yield { on, of, was: before[of], is: after[of] }
    }
  }
}

/** The region's other votes stay what they are: of one that was not heard, unknown. */
function unhealthyIn(given: World, index: number, name: Name): Voice {
  const votes = NAMES.map((each) => [each, votesOn(given, each)[index] ?? 'unknown'] as const)
  return {
    heard: 'now',
    found: { ...(Object.fromEntries(votes) as Record<Name, Status>), [name]: 'unhealthy' },
  }
}

/** How often the runs came by each status and each step: a property that never gets there proves nothing. */
const seen: Record<string, number> = {}

function see(what: string): void {
  seen[what] = (seen[what] ?? 0) + 1
}

function expectSeen(...places: readonly string[]): void {
  for (const place of places) expect(seen[place] ?? 0, place).toBeGreaterThan(20)
}

function claim(isSo: boolean, what: string): void {
  if (!isSo) throw new Error(what)
}

function holds(property: (given: World) => void): void {
  fc.assert(fc.property(world, property), { numRuns: 1000 })
}

test('a vote that turns unhealthy improves neither given check nor the whole, nor touches others', () => {
  holds((given) => {
    for (const { on, of, was, is } of turning(given, (vote) => vote === 'healthy' || vote === 'degraded')) {
      if (of === on || of === 'whole') {
        see(`turned: ${was} → ${is}`)
        claim(RANK[is] >= RANK[was], `${of} was ${was} and is ${is}`)
      } else {
        claim(is === was, `${of} was ${was} and is ${is} by a vote on ${on}`)
      }
    }
  })
  expectSeen(
    'turned: healthy → degraded',
    'turned: healthy → unhealthy',
    'turned: degraded → degraded',
    'turned: degraded → unhealthy',
    'turned: unknown → unknown',
    'turned: unhealthy → unhealthy',
  )
})

test('an unhealthy vote where there was none makes nothing healthy and improves nothing known', () => {
  holds((given) => {
    for (const { on, of, was, is } of turning(given, (vote) => vote === 'unknown')) {
      if (of === on || (of === 'whole' && on !== 'migrations')) {
        see(`added: ${was} → ${is}`)
        claim(is !== 'healthy', `${of} was ${was} and is healthy`)
        claim(was === 'unknown' || RANK[is] >= RANK[was], `${of} was ${was} and is ${is}`)
      } else {
        claim(is === was, `${of} was ${was} and is ${is} by a vote on ${on}`)
      }
    }
  })
  expectSeen(
    'added: healthy → degraded',
    'added: unknown → unknown',
    'added: unknown → degraded',
    'added: unknown → unhealthy',
    'added: degraded → unhealthy',
  )
})

test('the order of the regions changes no status', () => {
  const shuffled = world.chain((given) =>
    fc.tuple(
      fc.constant(given),
      fc.shuffledSubarray([...given.voices], {
        minLength: given.voices.length,
        maxLength: given.voices.length,
      }),
    ),
  )
  fc.assert(
    fc.property(shuffled, ([given, voices]) => {
      if (voices.some((each, index) => each !== given.voices[index])) see('shuffled')
      expect(statusesOf(foldOf({ ...given, voices }))).toEqual(statusesOf(foldOf(given)))
    }),
    { numRuns: 1000 },
  )
  expectSeen('shuffled')
})

test('a check is healthy only if enough regions say so and none says otherwise', () => {
  holds((given) => {
    for (const name of NAMES) {
      if (statusesOf(foldOf(given))[name] !== 'healthy') continue
      const votes = votesOn(given, name)
      see(votes.includes('unknown') ? 'healthy, as far as is known' : 'healthy')
      expect([count(votes, 'unhealthy'), count(votes, 'degraded')]).toEqual([0, 0])
      expect(count(votes, 'healthy')).toBeGreaterThanOrEqual(neededOf(given))
    }
  })
  expectSeen('healthy', 'healthy, as far as is known')
})

test('a check is unhealthy exactly if enough regions say so, and unknown if too few say anything', () => {
  holds((given) => {
    const statuses = statusesOf(foldOf(given))
    for (const name of NAMES) {
      const votes = votesOn(given, name)
      const needed = neededOf(given)
      see(`judged ${statuses[name]}`)
      expect(statuses[name] === 'unhealthy').toBe(count(votes, 'unhealthy') >= needed)
      expect(statuses[name] === 'unknown').toBe(votes.length - count(votes, 'unknown') < needed)
    }
  })
  expectSeen('judged unhealthy', 'judged unknown', 'judged degraded', 'judged healthy')
})

test('a bad region is never hidden: a check that is degraded by regions names them all, and no other', () => {
  holds((given) => {
    for (const { name, finding } of foldOf(given).checks) {
      const votes = votesOn(given, name as Name)
      if (finding.status !== 'degraded' || !votes.includes('unhealthy')) continue
      const bad = REGIONS.filter((_, index) => votes[index] === 'unhealthy')
      see(bad.length === 1 ? 'one is named' : 'several are named')
      expect(finding.detail).toBe(`unhealthy in ${bad.join(', ')}`)
    }
  })
  expectSeen('one is named', 'several are named')
})
