import type { Health, Quorum } from './define.ts'
import { type CheckReport, type RegionReport, type Report, statusOf } from './report.ts'
import type { Status } from './status.ts'

/** How many of so many regions must agree. A tie is not a majority. */
export function votesNeeded(quorum: Quorum, regions: number): number {
  if (typeof quorum === 'number') return quorum
  return { any: 1, majority: Math.floor(regions / 2) + 1, all: regions }[quorum]
}

/**
 * Folds the reports of regions into the world's word.
 *
 * A check is `unhealthy` when the quorum says so; fewer make it `degraded`, naming the regions: a bad region is
 * neither hidden nor an outage. A region where the check is `unknown` has no vote, and when fewer than the quorum
 * can vote the check is `unknown`.
 */
export function foldRegions(health: Health<never>, regions: readonly RegionReport[]): Report {
  const needed = votesNeeded(health.quorum, regions.length)
  const checks = Object.keys(health.checks).map((name) =>
    foldCheck(
      regions.map(({ region, report }) => ({ region, check: checkIn(report, name) })),
      needed,
    ),
  )
  const reports = regions.map(({ report }) => report)
  const settled = reports.flatMap(({ checkedAt, ageMs }) =>
    checkedAt === null || ageMs === null ? [] : [{ checkedAt, ageMs }],
  )
  return {
    service: health.service,
    status: statusOf(checks.filter(({ policy }) => policy.probes.includes('ready'))),
    state: 'shared',
    // The whole is as old as its oldest part.
    checkedAt: settled.length === 0 ? null : Math.min(...settled.map(({ checkedAt }) => checkedAt)),
    ageMs: settled.length === 0 ? null : Math.max(...settled.map(({ ageMs }) => ageMs)),
    nextRoundMs: Math.min(...reports.map(({ nextRoundMs }) => nextRoundMs)),
    startedUp: reports.filter(({ startedUp }) => startedUp).length >= needed,
    checks,
    regions,
  }
}

interface Vote {
  readonly region: string
  readonly check: CheckReport
}

function foldCheck(votes: readonly Vote[], needed: number): CheckReport {
  const saying = (status: Status): Vote[] => votes.filter(({ check }) => check.finding.status === status)
  const unhealthy = saying('unhealthy')
  const unknown = saying('unknown')
  if (votes.length - unknown.length < needed) return verdict(votes, unknown, 'unknown')
  if (unhealthy.length >= needed) return verdict(votes, unhealthy, 'unhealthy')
  const worse = unhealthy.length > 0 ? unhealthy : saying('degraded')
  return worse.length > 0 ? verdict(votes, worse, 'degraded') : verdict(votes, saying('healthy'), 'healthy')
}

/** The check as the first region that decided it sees it, with the word of all and the totals of none. */
function verdict(votes: readonly Vote[], decided: readonly Vote[], status: Status): CheckReport {
  const [first] = decided
  if (first === undefined) throw new Error('a quorum of no regions decides nothing')
  const { totals: _, ...check } = first.check
  const { status: found, detail } = check.finding
  const isSaidByAll =
    decided.length === votes.length && decided.every((vote) => vote.check.finding.detail === detail)
  const names = decided.map(({ region }) => region).join(', ')
  const words = status === 'healthy' || isSaidByAll ? detail : `${found} in ${names}`
  return { ...check, finding: { ...check.finding, status, detail: words } }
}

function checkIn({ checks }: Report, name: string): CheckReport {
  const found = checks.find((check) => check.name === name)
  if (found === undefined) throw new Error('a check of the definition is missing from a region’s report')
  return found
}
