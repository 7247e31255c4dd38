import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { onFetch } from '../../src/fetch.ts'
import { type Status, custom, defineHealth } from '../../src/index.ts'

const START = Date.UTC(2026, 10, 23, 5)

beforeEach(() => void vi.useFakeTimers({ now: START }))
afterEach(() => void vi.useRealTimers())

/** A database that a test can slow, break and mend, and the service that depends on it. */
function sceneOf() {
  let condition: 'well' | 'slow' | 'broken' = 'broken'
  let probes = 0
  const db = custom(
    async () => {
      probes += 1
      await new Promise((resolve) => setTimeout(resolve, condition === 'slow' ? 400 : 10))
      if (condition === 'broken') throw new Error('refused by 10.0.0.7')
    },
    { degradedAboveMs: 100, breaker: { failures: 3, resetAfterMs: 30_000, maxResetAfterMs: 60_000 } },
  )
  const health = defineHealth({ service: { name: 'shop' }, token: 'open sesame', checks: { db } })
  const { fetch } = onFetch(health)

  async function ask(path: string, headers: Record<string, string> = {}): Promise<Response> {
    const answering = fetch(new Request(`http://localhost${path}`, { headers }))
    await vi.advanceTimersByTimeAsync(500)
    return answering
  }

  /** The value of each series whose name and labels begin so. */
  async function metric(start: string): Promise<Record<string, number>> {
    const lines = (await (await ask('/metrics')).text()).split('\n')
    const found = lines.filter((line) => line.startsWith(`app_health_${start}`))
    return Object.fromEntries(
      found.map((line) => [line.replace(/ [^ ]+$/, ''), Number(/ ([^ ]+)$/.exec(line)?.[1])]),
    )
  }

  return {
    becomes: (next: typeof condition) => void (condition = next),
    passes: (ms: number) => vi.advanceTimersByTimeAsync(ms),
    probes: () => probes,
    /** The next round, and all that a reader sees of it in one line. */
    seen: async () => {
      const ready = await ask('/readyz')
      const { status, checks } = (await ready.json()) as any
      const [one, startup, gauge, states, counted] = [
        await ask('/readyz/db'),
        await ask('/startupz'),
        await metric('check_status{'),
        await metric('check_breaker_state{'),
        await metric('check_breaker_trips_total{'),
      ]
      const breaker = Object.entries(states).find(([, value]) => value === 1)?.[0]
      return {
        readyz: `${ready.status} ${status satisfies Status}`,
        db: `${one.status} ${checks.db.status}${checks.db.detail && `: ${checks.db.detail}`}`,
        startupz: startup.status,
        gauge: Object.values(gauge),
        breaker: `${checks.db.breaker}, ${/state="([^"]+)"/.exec(breaker ?? '')?.[1]} in metrics`,
        trips: Object.values(counted),
        probes,
      }
    },
    told: async () => {
      const response = await ask('/readyz/db', { Authorization: 'Bearer open sesame' })
      return ((await response.json()) as { error?: string }).error
    },
    runs: () => metric('check_runs_total{'),
    durations: () => metric('check_duration_seconds_count'),
  }
}

test('the life of a check', async () => {
  const { becomes, passes, seen, told, runs, durations, probes } = sceneOf()

  // It is born into a broken world: not ready, and not started.
  expect(await seen()).toEqual({
    readyz: '503 unhealthy',
    db: '503 unhealthy: error',
    startupz: 503,
    gauge: [0],
    breaker: 'closed, closed in metrics',
    trips: [0],
    probes: 1,
  })
  expect(await told()).toBe('Error: refused by 10.0.0.7')

  // It comes up, and has started for good.
  becomes('well')
  await passes(5000)
  const well = {
    readyz: '200 healthy',
    db: '200 healthy',
    startupz: 200,
    gauge: [1],
    breaker: 'closed, closed in metrics',
    trips: [0],
    probes: 2,
  }
  expect(await seen()).toEqual(well)

  // It degrades: slow, and still in service.
  becomes('slow')
  await passes(5000)
  expect(await seen()).toEqual({
    ...well,
    readyz: '200 degraded',
    db: '200 degraded: slow',
    gauge: [0.5],
    probes: 3,
  })

  // It fails, twice, and is probed at each round.
  becomes('broken')
  const failing = { ...well, readyz: '503 unhealthy', db: '503 unhealthy: error', gauge: [0] }
  for (const round of [4, 5]) {
    await passes(5000)
    expect(await seen()).toEqual({ ...failing, probes: round })
  }

  // The third failure in a row trips its breaker.
  await passes(5000)
  const open = {
    ...failing,
    db: '503 unhealthy: circuit open',
    breaker: 'open, open in metrics',
    trips: [1],
    probes: 6,
  }
  expect(await seen()).toEqual(open)

  // While it is open nobody bothers the database, though it is mended in the meantime and polls go on.
  becomes('well')
  for (let wait = 0; wait < 3; wait += 1) {
    await passes(5000)
    expect(await seen()).toEqual(open)
  }

  // The trial finds it broken again: the next wait is twice as long.
  becomes('broken')
  await passes(10_000)
  expect(await seen()).toEqual({ ...open, trips: [2], probes: 7 })
  await passes(40_000)
  expect(await seen()).toEqual({ ...open, trips: [2], probes: 7 })

  // It is mended, and the next trial heals it.
  becomes('well')
  await passes(20_000)
  expect(await seen()).toEqual({ ...well, trips: [2], probes: 8 })
  expect(await told()).toBeUndefined()

  // The counters tell the whole life.
  expect(await runs()).toEqual({
    'app_health_check_runs_total{check_name="db",status="healthy"}': 2,
    'app_health_check_runs_total{check_name="db",status="degraded"}': 1,
    'app_health_check_runs_total{check_name="db",status="unhealthy"}': 5,
    'app_health_check_runs_total{check_name="db",status="unknown"}': 0,
  })
  expect(await durations()).toEqual({ 'app_health_check_duration_seconds_count{check_name="db"}': 8 })
  expect(probes()).toBe(8)
})
