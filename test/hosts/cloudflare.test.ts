import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startExporter } from '../../src/local/exporter.ts'
import { startNeon } from '../../src/local/neon.ts'
import { startService } from '../../src/local/service.ts'
import { startUpstash } from '../../src/local/upstash.ts'
import { startWorker } from '../harness.ts'

let worker: Awaited<ReturnType<typeof startWorker>>
let far: Awaited<ReturnType<typeof startFarEnds>>

async function startFarEnds() {
  const [postgres, redis, catalog, disk] = await Promise.all([
    startNeon(),
    startUpstash(),
    startService(),
    startExporter(),
  ])
  await postgres.ready()
  disk.setUsedPercent(40)
  const env = {
    DATABASE_URL: postgres.url,
    UPSTASH_REDIS_REST_URL: redis.url,
    UPSTASH_REDIS_REST_TOKEN: redis.token,
    CATALOG_URL: `${catalog.origin}/healthz`,
    DISK_URL: disk.url,
    ALLCLEAR_TOKEN: 'open sesame',
  }
  return { postgres, redis, catalog, disk, env }
}

const farEnds = () => [far.postgres, far.redis, far.catalog, far.disk]
const hits = () => farEnds().map(({ faults }) => faults.hits())

beforeAll(async () => {
  far = await startFarEnds()
  worker = await startWorker('test/hosts/app.worker.ts', far.env)
})
afterAll(() => Promise.all([worker, ...farEnds()].map((one) => one.close())))

async function poll(path = '/readyz', headers: Record<string, string> = {}) {
  const response = await worker.fetch(path, { headers })
  const text = await response.text()
  return {
    code: response.status,
    headers: response.headers,
    text,
    body: text.startsWith('{') ? JSON.parse(text) : undefined,
  }
}

const after = (ms: number) => worker.fetch(`/test/turn-clock/${ms}`, { method: 'POST' })

/** One poll past `ttlMs`, so one round. */
async function nextRound() {
  await after(5001)
  return poll()
}

async function failTimes(count: number) {
  for (let index = 0; index < count; index += 1) await nextRound()
}

/** Back to all healthy, with no breaker open. */
async function mendAll() {
  for (const { faults } of farEnds()) faults.mend()
  await after(30_001)
  const answer = await poll()
  for (const { faults } of farEnds()) faults.resetHits()
  return answer
}

beforeEach(async () => {
  expect((await mendAll()).body.status).toBe('healthy')
})

test('all is healthy, each check measured through its real driver', async () => {
  const { code, body } = await poll()
  expect(code).toBe(200)
  expect(Object.keys(body.checks)).toEqual(['postgres', 'redis', 'catalog', 'disk'])
  for (const check of Object.values<any>(body.checks)) {
    expect(check).toMatchObject({ status: 'healthy', detail: '', breaker: 'closed' })
    expect(check.duration_ms).toBeGreaterThan(0)
  }
})

test('a Redis that is down degrades, and monitors that read status codes sleep on', async () => {
  far.redis.faults.set('down')
  const { code, body } = await nextRound()
  expect([code, body.status]).toEqual([200, 'degraded'])
  expect(body.checks.redis).toMatchObject({ status: 'unhealthy', breaker: 'closed' })
})

test('a Postgres that is down is an outage', async () => {
  far.postgres.faults.set('down')
  const { code, body, headers } = await nextRound()
  expect([code, body.status, headers.get('retry-after')]).toEqual([503, 'unhealthy', '5'])
  expect(body.checks.postgres).toMatchObject({ status: 'unhealthy', breaker: 'closed' })
})

test('a disk that fills up tells how full it is', async () => {
  far.disk.setUsedPercent(91)
  const { code, body } = await nextRound()
  far.disk.setUsedPercent(40)
  expect([code, body.checks.disk]).toMatchObject([200, { status: 'degraded', detail: 'disk 91% full' }])
})

test('200 polls at once on an expired snapshot hit each upstream exactly once', async () => {
  await after(5001)
  const polls = await Promise.all(Array.from({ length: 200 }, () => poll()))
  expect(new Set(polls.map(({ code }) => code))).toEqual(new Set([200]))
  expect(hits()).toEqual([1, 1, 1, 1])
})

test('10,000 polls within ttlMs hit no upstream', async () => {
  const response = await worker.fetch('/test/polls/10000', { method: 'POST' })
  expect(await response.json()).toEqual({ 200: 10_000 })
  expect(hits()).toEqual([0, 0, 0, 0])
})

describe('the breaker', () => {
  test('opens after three failed rounds, and then nothing reaches the dependency', async () => {
    far.catalog.faults.set('wrong')
    await failTimes(2)
    expect((await poll()).body.checks.catalog).toMatchObject({ detail: 'http 502', breaker: 'closed' })
    const { body } = await nextRound()
    const { retry_at, ...catalog } = body.checks.catalog
    expect(catalog).toMatchObject({
      status: 'unhealthy',
      detail: 'circuit open',
      breaker: 'open',
      duration_ms: 0,
    })
    expect(Date.parse(retry_at) - Date.parse(catalog.checked_at)).toBe(30_000)
    expect(far.catalog.faults.hits()).toBe(3)
    await failTimes(5)
    expect(far.catalog.faults.hits()).toBe(3)
    expect(far.postgres.faults.hits(), 'the others go on').toBe(8)
  })

  test('gives one trial when 64 polls come at the moment it may be tried, and it heals', async () => {
    far.postgres.faults.set('down')
    await failTimes(3)
    far.postgres.faults.mend()
    await after(30_001)
    far.postgres.faults.resetHits()
    const polls = await Promise.all(Array.from({ length: 64 }, () => poll()))
    expect(far.postgres.faults.hits()).toBe(1)
    for (const { code, body } of polls) {
      expect([code, body.checks.postgres]).toMatchObject([200, { status: 'healthy', breaker: 'closed' }])
    }
  })

  test('opens again when the trial fails', async () => {
    far.redis.faults.set('down')
    await failTimes(3)
    await after(30_001)
    far.redis.faults.resetHits()
    expect((await poll()).body.checks.redis).toMatchObject({ detail: 'circuit open', breaker: 'open' })
    await failTimes(3)
    expect(far.redis.faults.hits()).toBe(1)
  })
})

test('breaker, counters and histograms are as before when the object was evicted', async () => {
  far.catalog.faults.set('down')
  await failTimes(3)
  const [report, metrics] = [(await poll()).body, (await poll('/metrics')).text]
  await worker.getWorker().evictDurableObject('Cell', { name: 'auto' })
  await after(5001)
  const later = { report: (await poll()).body, metrics: (await poll('/metrics')).text }
  expect(later.report.checks.catalog).toEqual(report.checks.catalog)
  const count = (text: string, sample: string): number => Number(text.split(`${sample} `)[1]?.split('\n')[0])
  for (const [sample, more] of [
    ['app_health_check_breaker_trips_total{check_name="catalog"}', 0],
    ['app_health_check_runs_total{check_name="catalog",status="unhealthy"}', 0],
    ['app_health_check_runs_total{check_name="postgres",status="healthy"}', 1],
    ['app_health_check_duration_seconds_count{check_name="postgres"}', 1],
  ] as const) {
    expect(count(later.metrics, sample), sample).toBe(count(metrics, sample) + more)
  }
})

test('a round that is under way when the object is evicted still comes home', async () => {
  await after(5001)
  const release = far.catalog.faults.hold()
  const polled = poll()
  await far.catalog.faults.arrived(1)
  await worker.getWorker().evictDurableObject('Cell', { name: 'auto' })
  release()
  expect(await polled).toMatchObject({ code: 200, body: { status: 'healthy' } })
  expect((await polled).body).not.toHaveProperty('state')
})

test('one check that hangs holds up neither the others nor the poll past its timeout', async () => {
  far.catalog.faults.set('hang')
  const { code, body } = await nextRound()
  expect(code).toBe(503)
  expect(body.checks.catalog).toMatchObject({ status: 'unhealthy', detail: 'timeout' })
  expect(body.checks.postgres).toMatchObject({ status: 'healthy' })
  expect(body.checks.postgres.duration_ms).toBeLessThan(body.checks.catalog.duration_ms)
})

test('what a driver said is for a bearer of the token', async () => {
  far.postgres.faults.set('wrong')
  await nextRound()
  expect((await poll()).body.checks.postgres).not.toHaveProperty('error')
  const { body } = await poll('/readyz', { Authorization: 'Bearer open sesame' })
  expect(body.checks.postgres.error).toEqual(expect.any(String))
})
