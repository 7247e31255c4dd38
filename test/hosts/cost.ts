/** The cost of a round in calls and rows. `regions.test.ts` checks these numbers against real rounds. */
export const COST = {
  /** Requests to the object: its alarm, and the results coming home. */
  requestsPerRound: 2,
  /** Rows written: the state, and the next alarm. */
  rowsPerRound: 2,
  /** Requests to the object: to begin, to wait, and the results coming home. */
  requestsPerPolledRound: 3,
  rowsPerPolledRound: 1,
} as const

/** Seconds that an object is awake for a round, counted high: it only starts the round and takes the results in. */
const AWAKE_S = 1
const OBJECT_GB = 0.128
const DAY_S = 86_400
const CRON_PER_DAY = 1440

export interface Deployment {
  readonly regions: number
  readonly checks: number
  readonly intervalS: number
}

/** The use of background rounds in a day, without polls. */
export interface DailyUse {
  /** Requests to objects: alarms, results, and the cron trigger's look at each region. */
  readonly objectRequests: number
  readonly rowsWritten: number
  readonly gbSeconds: number
  /** Worker invocations: the cron trigger, and the Probers, of six checks each. */
  readonly invocations: number
}

export function dailyUse({ regions, checks, intervalS }: Deployment): DailyUse {
  const rounds = (regions * DAY_S) / intervalS
  return {
    objectRequests: rounds * COST.requestsPerRound + regions * CRON_PER_DAY,
    rowsWritten: rounds * COST.rowsPerRound,
    gbSeconds: Math.round(rounds * AWAKE_S * OBJECT_GB),
    invocations: rounds * Math.ceil(checks / 6) + CRON_PER_DAY,
  }
}

/** The free plan's limits a day. */
export const FREE_PLAN: DailyUse = {
  objectRequests: 100_000,
  rowsWritten: 100_000,
  gbSeconds: 13_000,
  invocations: 100_000,
}

/** Included in the paid plan a month, and dollars for each million beyond. */
const PAID_PLAN: Readonly<Record<keyof DailyUse, readonly [included: number, dollarsPerMillion: number]>> = {
  objectRequests: [1e6, 0.15],
  rowsWritten: [50e6, 1],
  gbSeconds: [400e3, 12.5],
  invocations: [10e6, 0.3],
}
const BASE_DOLLARS = 5

/** Dollars for 30 days of it on the paid plan, CPU time apart. */
export function monthlyDollars(use: DailyUse): number {
  const beyond = Object.entries(PAID_PLAN).map(([what, [included, dollars]]) => {
    const used = 30 * use[what as keyof DailyUse]
    return (Math.max(0, used - included) / 1e6) * dollars
  })
  return beyond.reduce((sum, dollars) => sum + dollars, BASE_DOLLARS)
}
