import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startService } from '../../src/local/service.ts'
import { startWorker } from '../harness.ts'
import { COST } from './cost.ts'

let worker: Awaited<ReturnType<typeof startWorker>>
let catalog: Awaited<ReturnType<typeof startService>>
const asked: string[] = []
let refused: readonly string[] = []

beforeAll(async () => {
  catalog = await startService()
  catalog.respond(({ headers }, response) => {
    const region = String(headers['allclear-region'])
    asked.push(region)
    response.writeHead(refused.includes(region) ? 502 : 200).end()
  })
  worker = await startWorker('test/hosts/regions.worker.ts', { CATALOG_URL: catalog.url })
})
afterAll(() => Promise.all([worker.close(), catalog.close()]))

const post = (path: string) => worker.fetch(path, { method: 'POST' })
const after = (ms: number) => post(`/test/turn-clock/${ms}`)
const lose = (...regions: string[]) => post(`/test/lose/${regions.join(',') || 'none'}`)

async function poll(path = '/readyz') {
  const response = await worker.fetch(path)
  return { code: response.status, body: (await response.json()) as any }
}

/** One poll past `ttlMs`, from a dependency that refuses these regions. */
async function refusing(...regions: string[]) {
  refused = regions
  await after(5001)
  return poll()
}

beforeEach(async () => {
  refused = []
  await lose()
  await after(31_000)
  expect((await poll()).body.status).toBe('healthy')
  asked.length = 0
})

test('each region probes by itself, and says so to the dependency', async () => {
  const { code, body } = await refusing()
  expect([code, body.status]).toEqual([200, 'healthy'])
  expect(asked.toSorted()).toEqual(['apac', 'enam', 'weur'])
  expect(Object.keys(body.regions)).toEqual(['weur', 'enam', 'apac'])
  expect(body.regions.weur).toEqual({
    status: 'healthy',
    colo: null,
    checked_at: expect.any(String),
    age_ms: expect.any(Number),
    checks: { catalog: expect.objectContaining({ status: 'healthy', breaker: 'closed' }) },
  })
})

test('one region that is refused is neither hidden nor an outage', async () => {
  const { code, body } = await refusing('apac')
  expect([code, body.status]).toEqual([200, 'degraded'])
  expect(body.checks.catalog).toMatchObject({ status: 'degraded', detail: 'unhealthy in apac' })
  expect(body.regions.apac).toMatchObject({
    status: 'unhealthy',
    checks: { catalog: { detail: 'http 502' } },
  })
})

test('two of three are an outage', async () => {
  const { code, body } = await refusing('apac', 'weur')
  expect([code, body.status]).toEqual([503, 'unhealthy'])
  expect(body.checks.catalog).toMatchObject({ status: 'unhealthy', detail: 'unhealthy in weur, apac' })
})

test('100 polls at once over three regions are three rounds, one each', async () => {
  await after(5001)
  const polls = await Promise.all(Array.from({ length: 100 }, () => poll()))
  expect(new Set(polls.map(({ code }) => code))).toEqual(new Set([200]))
  expect(asked.toSorted()).toEqual(['apac', 'enam', 'weur'])
})

const counts = async () => (await worker.fetch('/test/counts')).json()

test('a round that a poll causes takes three requests to its object and writes one row', async () => {
  await counts()
  await refusing()
  expect(await counts()).toEqual({
    requests: 3 * COST.requestsPerPolledRound,
    rows: 3 * COST.rowsPerPolledRound,
  })
})

test('a round in the background takes two requests and writes two rows, its alarm in them', async () => {
  await after(60_001)
  await counts()
  await post('/test/ring/weur')
  expect(asked).toEqual(['weur'])
  expect(await counts()).toEqual({ requests: COST.requestsPerRound, rows: COST.rowsPerRound })
})

test('polls find what the background left, and cause no round', async () => {
  await after(60_001)
  for (const region of ['weur', 'enam', 'apac']) await post(`/test/ring/${region}`)
  asked.length = 0
  expect((await poll()).body.status).toBe('healthy')
  expect(asked).toEqual([])
})

test('within ttlMs no object is asked', async () => {
  await counts()
  await Promise.all(Array.from({ length: 50 }, () => poll()))
  expect(await counts()).toEqual({ requests: 0, rows: 0 })
})

describe('reading', () => {
  test('one region alone', async () => {
    await refusing('apac')
    expect(await poll('/readyz?region=apac')).toMatchObject({
      code: 503,
      body: { region: 'apac', status: 'unhealthy', colo: null, checks: { catalog: { detail: 'http 502' } } },
    })
    expect(await poll('/readyz?region=weur')).toMatchObject({
      code: 200,
      body: { region: 'weur', status: 'healthy' },
    })
  })

  test('the region nearest the caller, who is in Texas in the local runtime', async () => {
    expect(await poll('/readyz?view=nearest')).toMatchObject({ code: 200, body: { region: 'enam' } })
  })

  test.each([
    ['?region=mars', 'region: none is named "mars"; known: weur, enam, apac'],
    ['?view=farthest', 'view: expected nearest, received "farthest"'],
  ])('%s is a bad request', async (query, error) => {
    expect(await poll(`/readyz${query}`)).toEqual({ code: 400, body: { error } })
  })

  test('metrics carry the region', async () => {
    await refusing('apac')
    const text = await (await worker.fetch('/metrics')).text()
    expect(text).toContain('app_health_check_status{check_name="catalog",region="apac"} 0\n')
    expect(text).toContain('app_health_check_status{check_name="catalog",region="weur"} 1\n')
    expect(text).toContain('app_health_region_status{region="apac"} 0\n')
    expect(text).toContain('app_health_status 0.5\n')
  })
})

describe('a region that does not answer', () => {
  test('is unknown, and the others answer', async () => {
    await after(5001)
    await lose('apac')
    const { code, body } = await poll()
    expect([code, body.status, body.regions.apac.status]).toEqual([200, 'healthy', 'unknown'])
    expect(body).not.toHaveProperty('state')
  })

  test('leaves the quorum out of reach when another is lost too', async () => {
    await after(5001)
    await lose('apac', 'weur')
    expect(await poll()).toMatchObject({ code: 503, body: { status: 'unknown' } })
  })

  test('is no reason not to answer when all are lost', async () => {
    await after(5001)
    await lose('apac', 'weur', 'enam')
    const { code, body } = await poll()
    expect([code, body.status, body.state]).toEqual([200, 'healthy', 'local'])
    expect(body.regions.enam.status).toBe('unknown')
  })
})
