import type { Health, Quorum } from './define.ts'
import type { CheckReport, RegionReport, Report } from './report.ts'
import { foldStatus } from './status.ts'

/** How many of so many regions must agree. A tie is not a majority. */
export function votesNeeded(quorum: Quorum, regions: number): number {
  if (typeof quorum === 'number') return quorum
  return { any: 1, majority: Math.floor(regions / 2) + 1, all: regions }[quorum]
}

/**
 * Folds what the regions report into what the world says.
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
    status: foldStatus(checks.filter(({ probes }) => probes.includes('ready'))),
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
  const of = (status: CheckReport['status']): Vote[] => votes.filter(({ check }) => check.status === status)
  const unhealthy = of('unhealthy')
  if (votes.length - of('unknown').length < needed) return verdict(votes, of('unknown'), 'unknown')
  if (unhealthy.length >= needed) return verdict(votes, unhealthy, 'unhealthy')
  const worse = unhealthy.length > 0 ? unhealthy : of('degraded')
  return worse.length > 0 ? verdict(votes, worse, 'degraded') : verdict(votes, of('healthy'), 'healthy')
}

/** The check as the first of those who decided it sees it, with the word of all. */
function verdict(
  votes: readonly Vote[],
  decided: readonly Vote[],
  status: CheckReport['status'],
): CheckReport {
  const [first] = decided
  if (first === undefined) throw new Error('a quorum of no regions decides nothing')
  const { check } = first
  const isSaidByAll =
    decided.length === votes.length && decided.every((vote) => vote.check.detail === check.detail)
  const names = decided.map(({ region }) => region).join(', ')
  const detail = status === 'healthy' || isSaidByAll ? check.detail : `${check.status} in ${names}`
  return { ...check, status, detail }
}

function checkIn({ checks }: Report, name: string): CheckReport {
  const found = checks.find((check) => check.name === name)
  if (found === undefined) throw new Error('a check of the definition is missing from a region’s report')
  return found
}
