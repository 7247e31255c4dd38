import { describe, expect, test } from 'vitest'
import type { PolicyOptions } from '../../src/core/check.ts'
import type { Result } from '../../src/core/check-state.ts'
import type { Health, Quorum } from '../../src/core/define.ts'
import { foldRegions, votesNeeded } from '../../src/core/quorum.ts'
import type { Region } from '../../src/core/region.ts'
import { type RegionReport, type Report, report, select } from '../../src/core/report.ts'
import type { Status } from '../../src/core/status.ts'
import {
  BAD,
  GOOD,
  START,
  type Scene,
  checkIn,
  frozen,
  healthOf,
  letterOf,
  result,
  sceneOf,
  statusesIn,
} from './scene.ts'

/** In the order in which the definitions of these tests name them. */
const REGIONS = ['apac', 'weur', 'enam', 'sam', 'oc', 'afr', 'me', 'eeur'] as const satisfies Region[]

/** A definition for the first regions of the list. */
function regionalHealth(
  count: number,
  quorum: Quorum = 'majority',
  checks: Readonly<Record<string, PolicyOptions>> = { db: {} },
): Health<never> {
  return healthOf(checks, { regions: REGIONS.slice(0, count), quorum })
}

/** The report of a region whose cell lived through this. */
function regional(
  health: Health<never>,
  region: string,
  live: (cell: Scene) => void,
  colo: string | null = null,
): RegionReport {
  const cell = sceneOf(health)
  live(cell)
  return frozen({ region, colo, report: report(health, cell.reading(), 'shared') })
}

/** The report of a region after one round with these results. */
function found(
  health: Health<never>,
  region: string,
  results: Readonly<Record<string, Result>>,
): RegionReport {
  return regional(health, region, (cell) => void cell.round(results))
}

/**
 * The report of a region on `db`, from a letter: a capital is a round of now, a small letter the same round past
 * `staleAfterMs`, and - a region that never ran or does not answer.
 */
function voting(health: Health<never>, letter: string, region: string): RegionReport {
  return regional(health, region, (cell) => {
    if (letter === '-') return
    const [status = 'unknown'] = statusesIn(letter.toUpperCase())
    cell.round({ db: result(status) })
    if (letter !== letter.toUpperCase()) cell.after(health.staleAfterMs + 1)
  })
}

function foldOf(votes: string, quorum: Quorum): Report {
  const health = regionalHealth(votes.length, quorum)
  return foldRegions(
    health,
    votes.split('').map((letter, index) => voting(health, letter, REGIONS[index] ?? 'nowhere')),
  )
}

describe('so many regions must agree', () => {
  test.each([
    // of 1, 2, … 8 regions
    ['any', [1, 1, 1, 1, 1, 1, 1, 1]],
    ['majority', [1, 2, 2, 3, 3, 4, 4, 5]],
    ['all', [1, 2, 3, 4, 5, 6, 7, 8]],
    [1, [1, 1, 1, 1, 1, 1, 1, 1]],
  ] as const)('of 1 to 8 where the quorum is %s: %o', (quorum, needed) => {
    expect(needed.map((_, index) => votesNeeded(quorum, index + 1))).toEqual(needed)
  })

  test.each([2, 3, 8])('as the quorum says where it is the number %d', (quorum) => {
    expect(votesNeeded(quorum, 8)).toBe(quorum)
  })
})

describe('a check', () => {
  test.each<[votes: string, quorum: Quorum, status: string, why: string]>([
    ['H', 'majority', 'H', 'one region is its own majority'],
    ['U', 'majority', 'U', 'in bad news, too'],
    ['HHH', 'majority', 'H', 'all agree'],
    ['HHU', 'majority', 'D', 'a bad region is neither hidden nor an outage'],
    ['HUU', 'majority', 'U', 'two of three are a majority'],
    ['UUU', 'majority', 'U', 'all agree'],
    ['HU', 'majority', 'D', 'a tie is not a majority'],
    ['HHUU', 'majority', 'D', 'of four neither'],
    ['HHHHUUUU', 'majority', 'D', 'nor of eight'],
    ['HUUU', 'majority', 'U', 'three of four are more than a tie'],
    ['HHU', 'any', 'U', 'one is enough'],
    ['HUU', 'all', 'D', 'one disagrees'],
    ['UUU', 'all', 'U', 'nobody disagrees'],
    ['HHHU', 2, 'D', 'two were asked for'],
    ['HHUU', 2, 'U', 'and two say so, a tie or not'],
    ['HHD', 'majority', 'D', 'one region is slow, which is not hidden'],
    ['HHD', 'all', 'D', 'whatever the quorum'],
    ['DDD', 'any', 'D', 'slow everywhere is still not down'],
    ['DUU', 'majority', 'U', 'down outvotes slow'],
    ['DDU', 'majority', 'D', 'slow is not a vote for down'],
    ['HH?', 'majority', 'H', 'two of three know enough'],
    ['HH?', 'all', '?', 'all must know'],
    ['H??', 'majority', '?', 'one of three knows too little'],
    ['U??', 'majority', '?', 'to say that it is down, too'],
    ['U??', 'any', 'U', 'but one is enough where one is asked for'],
    ['H??', 'any', 'H', 'for good news, too'],
    ['HU?', 'majority', 'D', 'two know and disagree'],
    ['UU?', 'majority', 'U', 'the majority is of all regions, and here it is'],
    ['UU??', 'majority', '?', 'and here it is not: two of four'],
    ['D?', 'all', '?', 'slow is not known of all'],
    ['???', 'any', '?', 'nobody knows'],
    ['HHu', 'majority', 'H', 'bad news that is stale has no vote'],
    ['Uuu', 'majority', '?', 'nor does it help a bad word of now'],
    ['UUh', 'majority', 'U', 'nor does good news that is stale hinder it'],
    ['HHd', 'majority', 'H', 'nor is it slow still'],
    ['Hhh', 'majority', '?', 'what was good proves nothing now'],
    ['HH-', 'majority', 'H', 'a region that never ran has no vote'],
    ['U--', 'majority', '?', 'it cannot outvote, either'],
    ['---', 'any', '?', 'nobody ever ran'],
  ])('%s, quorum %s: %s, as %s', (votes, quorum, status) => {
    const folded = foldOf(votes, quorum)
    expect([checkIn(folded, 'db').finding, folded].map((each) => letterOf(each.status))).toEqual([
      status,
      status,
    ])
  })

  // For each row of votes, the status with a quorum of 1 region, of 2, and so on to all of them.
  test.each([
    ['H', 'H'],
    ['D', 'D'],
    ['U', 'U'],
    ['?', '?'],
    ['h', '?'],
    ['u', '?'],
    ['-', '?'],

    ['HH', 'HH'],
    ['HD', 'DD'],
    ['HU', 'UD'],
    ['DU', 'UD'],
    ['UU', 'UU'],
    ['H?', 'H?'],
    ['D-', 'D?'],
    ['Uu', 'U?'],
    ['??', '??'],
    ['hu', '??'],

    ['HHH', 'HHH'],
    ['HHU', 'UDD'],
    ['HUU', 'UUD'],
    ['UUU', 'UUU'],
    ['HDU', 'UDD'],
    ['HHD', 'DDD'],
    ['HH?', 'HH?'],
    ['HU-', 'UD?'],
    ['UUh', 'UU?'],
    ['Hu?', 'H??'],
    ['Uu?', 'U??'],
    ['h?-', '???'],

    ['HHHH', 'HHHH'],
    ['HHHU', 'UDDD'],
    ['HHUU', 'UUDD'],
    ['HUUU', 'UUUD'],
    ['UUUU', 'UUUU'],
    ['HDDD', 'DDDD'],
    ['HHUu', 'UDD?'],
    ['HU?-', 'UD??'],
    ['UU?u', 'UU??'],
    ['DDDu', 'DDD?'],
    ['h---', '????'],

    ['HHHHH', 'HHHHH'],
    ['HHHHU', 'UDDDD'],
    ['HHHUU', 'UUDDD'],
    ['HHUUU', 'UUUDD'],
    ['HUUUU', 'UUUUD'],
    ['UUUUU', 'UUUUU'],
    ['HHHHu', 'HHHH?'],
    ['HHUU-', 'UUDD?'],
    ['HDUu?', 'UDD??'],
    ['U?u--', 'U????'],

    ['HHHHHH', 'HHHHHH'],
    ['HHHHHU', 'UDDDDD'],
    ['HHHUUU', 'UUUDDD'],
    ['HHUUUU', 'UUUUDD'],
    ['UUUUUU', 'UUUUUU'],
    ['HHHHHD', 'DDDDDD'],
    ['HHUUU-', 'UUUDD?'],
    ['HHHHu?', 'HHHH??'],
    ['UUUuuu', 'UUU???'],
    ['huhuhu', '??????'],

    ['HHHHHHH', 'HHHHHHH'],
    ['HHHHHHU', 'UDDDDDD'],
    ['HHHHUUU', 'UUUDDDD'],
    ['HHHUUUU', 'UUUUDDD'],
    ['UUUUUUU', 'UUUUUUU'],
    ['HHHH?u-', 'HHHH???'],
    ['HHHU?u-', 'UDDD???'],
    ['UUUU?h-', 'UUUU???'],
    ['HHD????', 'DDD????'],

    ['HHHHHHHH', 'HHHHHHHH'],
    ['HHHHHHHU', 'UDDDDDDD'],
    ['HHHHUUUU', 'UUUUDDDD'],
    ['HHHUUUUU', 'UUUUUDDD'],
    ['HUUUUUUU', 'UUUUUUUD'],
    ['UUUUUUUU', 'UUUUUUUU'],
    ['DDDDDDDD', 'DDDDDDDD'],
    ['HHHHHDu?', 'DDDDDD??'],
    ['HHHUUuu?', 'UUDDD???'],
    ['HHHHHuuu', 'HHHHH???'],
    ['UUUUu?--', 'UUUU????'],
    ['Uuuuuuuu', 'U???????'],
    ['????----', '????????'],
  ])('%s is by ever larger quorums %s', (votes, statuses) => {
    const by = (quorum: Quorum): string => letterOf(checkIn(foldOf(votes, quorum), 'db').finding.status)
    expect(votes.split('').map((_, index) => by(index + 1))).toEqual(statuses.split(''))
    expect([by('any'), by('all')], 'by any and by all').toEqual([statuses[0], statuses.at(-1)])
  })

  test.each([
    [0, 'D'],
    [1, '?'],
  ])('%d ms past staleAfterMs a region has this say: %s', (ms, status) => {
    const health = regionalHealth(2, 'all')
    const old = regional(health, 'apac', (cell) => {
      cell.round({ db: result('unhealthy') })
      cell.after(health.staleAfterMs + ms)
    })
    const folded = foldRegions(health, [old, found(health, 'weur', {})])
    expect(letterOf(folded.status)).toBe(status)
  })

  test('that a region’s cell does not know yet has no vote there, while others have', () => {
    const health = regionalHealth(2, 'all', { db: {}, added: {} })
    const behind = sceneOf(regionalHealth(2))
    behind.round()
    const old: RegionReport = {
      region: 'apac',
      colo: null,
      report: report(health, behind.reading(), 'shared'),
    }
    const folded = foldRegions(health, [old, found(health, 'weur', {})])
    expect(folded.checks).toMatchObject([
      { name: 'db', finding: { status: 'healthy' } },
      { name: 'added', finding: { status: 'unknown', detail: 'unknown in apac' } },
    ])
  })
})

describe('what is said of a check', () => {
  const http502: Result = { status: 'unhealthy', detail: 'http 502', durationMs: 30 }
  const timeout: Result = { status: 'unhealthy', detail: 'timeout', durationMs: 5000 }
  const slow: Result = { status: 'degraded', detail: 'slow', durationMs: 800 }
  const nearlyFull: Result = { status: 'degraded', detail: 'nearly full', durationMs: 20 }
  const cut: Result = { status: 'unknown', detail: 'timeout', durationMs: 9000 }

  test.each<[quorum: Quorum, said: readonly Result[], status: Status, detail: string]>([
    ['majority', [GOOD, GOOD, GOOD], 'healthy', ''],
    ['majority', [http502, GOOD, GOOD], 'degraded', 'unhealthy in apac'],
    ['majority', [GOOD, GOOD, http502], 'degraded', 'unhealthy in enam'],
    ['all', [http502, timeout, GOOD], 'degraded', 'unhealthy in apac, weur'],
    ['all', [http502, http502, GOOD], 'degraded', 'unhealthy in apac, weur'],
    ['majority', [GOOD, http502, timeout], 'unhealthy', 'unhealthy in weur, enam'],
    ['majority', [http502, slow, timeout], 'unhealthy', 'unhealthy in apac, enam'],
    ['any', [GOOD, GOOD, timeout], 'unhealthy', 'unhealthy in enam'],
    ['majority', [http502, http502, http502], 'unhealthy', 'http 502'],
    ['majority', [http502, http502, timeout], 'unhealthy', 'unhealthy in apac, weur, enam'],
    ['majority', [GOOD, slow, GOOD], 'degraded', 'degraded in weur'],
    ['majority', [slow, GOOD, slow], 'degraded', 'degraded in apac, enam'],
    ['majority', [slow, slow, slow], 'degraded', 'slow'],
    ['majority', [slow, nearlyFull, slow], 'degraded', 'degraded in apac, weur, enam'],
    ['majority', [slow, http502, slow], 'degraded', 'unhealthy in weur'],
    ['majority', [slow, slow, cut], 'degraded', 'degraded in apac, weur'],
    ['majority', [http502, http502, cut], 'unhealthy', 'unhealthy in apac, weur'],
    ['all', [cut, GOOD, GOOD], 'unknown', 'unknown in apac'],
    ['majority', [http502, cut, cut], 'unknown', 'unknown in weur, enam'],
    ['majority', [cut, cut, cut], 'unknown', 'timeout'],
    ['majority', [GOOD], 'healthy', ''],
    ['majority', [http502], 'unhealthy', 'http 502'],
  ])('quorum %s of %o: %s, %j', (quorum, said, status, detail) => {
    const health = regionalHealth(said.length, quorum)
    const regions = said.map((db, index) => found(health, REGIONS[index] ?? 'nowhere', { db }))
    expect(checkIn(foldRegions(health, regions), 'db').finding).toMatchObject({ status, detail })
  })

  test.each([
    ['uh?', 'all', 'unknown in apac, weur, enam'],
    ['uhd', 'all', 'stale'],
    ['---', 'all', 'not run yet'],
    ['h--', 'all', 'unknown in apac, weur, enam'],
    ['HuU', 'all', 'unknown in weur'],
    ['HuU', 'majority', 'unhealthy in enam'],
    ['HH-', 'majority', ''],
  ] as const)('%s, quorum %s: %j', (votes, quorum, detail) => {
    expect(checkIn(foldOf(votes, quorum), 'db').finding.detail).toBe(detail)
  })

  test('is the report of the first region that decided it, with the word of all and no totals', () => {
    const health = regionalHealth(3, 'majority', { db: { breaker: { failures: 1 } } })
    const regions = [
      found(health, 'apac', {}),
      found(health, 'weur', {
        db: { ...http502, error: 'refused', observed: { value: 9, unit: 'percent' } },
      }),
      found(health, 'enam', { db: timeout }),
    ]
    const { finding: world, ...rest } = checkIn(foldRegions(health, regions), 'db')
    const { finding: own, totals, ...first } = checkIn(regions[1]?.report as Report, 'db')
    expect(world).toEqual({ ...own, status: 'unhealthy', detail: 'unhealthy in weur, enam' })
    expect(rest).toEqual(first)
    expect(world).toMatchObject({ breaker: 'open', retryAt: START + 30_000 })
    expect(rest.probe).toMatchObject({ error: 'refused', checkedAt: START })
    expect(totals, 'the counts of one cell are not those of the world').toMatchObject({ trips: 1 })
  })
})

describe('the whole', () => {
  const checks = {
    db: {},
    cache: { critical: false, tags: ['data'] },
    migrations: { probes: ['startup'] },
  } as const

  /** The fold of what each region of three found to be bad. */
  function badIn(...names: readonly (readonly (keyof typeof checks)[])[]): Report {
    const health = regionalHealth(names.length, 'majority', checks)
    const results = names.map((bad) => Object.fromEntries(bad.map((name) => [name, BAD])))
    return foldRegions(
      health,
      results.map((each, index) => found(health, REGIONS[index] ?? 'nowhere', each)),
    )
  }

  test.each<[status: Status, bad: readonly (readonly (keyof typeof checks)[])[], why: string]>([
    ['healthy', [[], [], []], 'all is well'],
    ['degraded', [['db'], [], []], 'one region cannot reach what is critical'],
    ['unhealthy', [['db'], [], ['db']], 'two cannot'],
    ['degraded', [['cache'], ['cache'], ['cache']], 'none reaches what is not critical'],
    ['healthy', [['migrations'], ['migrations'], ['migrations']], 'readiness does not ask for startup'],
    ['degraded', [['db'], ['cache'], ['cache']], 'the regions vote on each check, not on the whole'],
  ])('is %s for %j: %s', (status, names) => {
    expect(badIn(...names).status).toBe(status)
  })

  test('is degraded where every region is unhealthy for a reason of its own', () => {
    const health = regionalHealth(3, 'majority', { db: {}, cache: {}, mail: {} })
    const regions = [
      found(health, 'apac', { db: BAD }),
      found(health, 'weur', { cache: BAD }),
      found(health, 'enam', { mail: BAD }),
    ]
    const folded = foldRegions(health, regions)
    expect(regions.map((one) => one.report.status)).toEqual(['unhealthy', 'unhealthy', 'unhealthy'])
    expect(folded.status).toBe('degraded')
    expect(folded.checks.map(({ finding }) => finding.detail)).toEqual([
      'unhealthy in apac',
      'unhealthy in weur',
      'unhealthy in enam',
    ])
  })

  test('has the checks of the definition in its order, and the regions as they came', () => {
    const health = regionalHealth(2, 'majority', checks)
    const regions = [
      regional(health, 'apac', (cell) => void cell.round(), 'HKG'),
      regional(health, 'weur', () => {}, null),
    ]
    const folded = foldRegions(health, regions)
    expect(folded.checks.map(({ name }) => name)).toEqual(['db', 'cache', 'migrations'])
    expect(folded.regions).toEqual(regions)
    expect(folded).toMatchObject({ service: health.service, state: 'shared' })
  })

  test('of some checks is the fold of those, in each region, too', () => {
    const data = select(badIn(['db'], ['db'], ['cache']), ({ policy }) => policy.tags.includes('data'))
    expect(data.status).toBe('degraded')
    expect(data.regions.map((one) => one.report.status)).toEqual(['healthy', 'healthy', 'degraded'])
    expect(data.regions.flatMap((one) => one.report.checks.map(({ name }) => name))).toEqual([
      'cache',
      'cache',
      'cache',
    ])
  })

  test('is as old as its oldest part, and renewed as soon as any', () => {
    const health = regionalHealth(3)
    const aged = (region: string, startMs: number, ageMs: number) =>
      regional(health, region, (cell) => {
        cell.after(startMs)
        cell.round()
        cell.after(ageMs)
      })
    const folded = foldRegions(health, [
      aged('apac', 0, 800),
      aged('weur', 500, 2000),
      aged('enam', 100, 100),
    ])
    expect(folded).toMatchObject({ checkedAt: START, ageMs: 2000, nextRoundMs: 3000 })
  })

  test('is as old as the oldest region that ran at all', () => {
    const health = regionalHealth(3, 'all')
    const lost = (region: string) => regional(health, region, () => {})
    const ran = regional(health, 'weur', (cell) => {
      cell.round()
      cell.after(300)
    })
    expect(foldRegions(health, [lost('apac'), ran, lost('enam')])).toMatchObject({
      checkedAt: START,
      ageMs: 300,
      nextRoundMs: 0,
    })
    expect(foldRegions(health, ['apac', 'weur', 'enam'].map(lost))).toMatchObject({
      status: 'unknown',
      checkedAt: null,
      ageMs: null,
      nextRoundMs: 0,
      startedUp: false,
    })
  })

  test.each<[votes: string, quorum: Quorum, startedUp: boolean]>([
    ['HHH', 'majority', true],
    ['HHU', 'majority', true],
    ['HUU', 'majority', false],
    ['HHU', 'all', false],
    ['HUU', 'any', true],
    ['UUU', 'any', false],
    ['DD-', 'majority', true],
    ['H--', 'majority', false],
    ['hhh', 'all', true],
  ])('of regions that came up as %s has, by %s, started up: %s', (votes, quorum, startedUp) => {
    expect(foldOf(votes, quorum).startedUp).toBe(startedUp)
  })
})
