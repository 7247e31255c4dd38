import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Check } from '../../src/core/check.ts'
import { type HealthOptions, type Reader, custom, defineHealth, disk } from '../../src/index.ts'
import { type LambdaContext, onLambda } from '../../src/lambda.ts'
import { type LocalUpstash, startUpstash } from '../../src/local/upstash.ts'
import { memory } from '../../src/stores/memory.ts'
import { checkOf, hanging } from '../health.ts'
import { EVENTS, RECORDED } from './lambda-events.ts'

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

const good = custom(async () => {})
const { functionUrl } = RECORDED

/** A function, and its reports as they come out of one event after the other. */
function environment(checks: Record<string, Check<any>>, options: Omit<HealthOptions<any>, 'checks'> = {}) {
  const handler = onLambda(defineHealth({ ...options, checks }))
  return async (context?: LambdaContext) => {
    const { statusCode, body } = await handler(functionUrl, context)
    return { statusCode, report: JSON.parse(body) }
  }
}

function counting(): Check<any> & { readonly runs: () => number } {
  let runs = 0
  return { ...checkOf(async () => void (runs += 1)), runs: () => runs }
}

describe('the state', () => {
  let redis: LocalUpstash
  beforeAll(async () => void (redis = await startUpstash()))
  afterEach(() => redis.faults.mend())
  afterAll(() => redis.close())

  const inEnvironment = (url: string, token: string): void => {
    vi.stubEnv('UPSTASH_REDIS_REST_URL', url)
    vi.stubEnv('UPSTASH_REDIS_REST_TOKEN', token)
  }
  /** No two tests share a key. */
  let services = 0
  const service = () => ({ name: `shop ${(services += 1)}` })

  test('is the environment’s own where no Redis is named, and the report says so', async () => {
    const check = counting()
    const [one, other] = [environment({ check }), environment({ check })]
    expect((await one()).report).toMatchObject({ status: 'healthy', state: 'local' })
    expect((await one()).report).toMatchObject({ status: 'healthy', state: 'local' })
    await other()
    expect(check.runs()).toBe(2)
  })

  test('is shared by all environments where one is named, under a key of the service', async () => {
    inEnvironment(redis.url, redis.token)
    const check = counting()
    const options = { service: service() }
    const [one, other] = [environment({ check }, options), environment({ check }, options)]
    for (const poll of [one, other, one]) {
      const { statusCode, report } = await poll()
      expect([statusCode, report.status, 'state' in report]).toEqual([200, 'healthy', false])
    }
    expect(check.runs()).toBe(1)
    const keys = await fetch(`${redis.url}/keys/*`, { headers: { Authorization: `Bearer ${redis.token}` } })
    expect(await keys.json()).toMatchObject({
      result: expect.arrayContaining([`allclear:${options.service.name}:auto`]),
    })
  })

  test('can be kept in a store of one’s own, whatever the environment names', async () => {
    inEnvironment(redis.url, redis.token)
    redis.faults.resetHits()
    const health = defineHealth({ checks: { good } })
    const handler = onLambda(health, { store: memory(health, Date.now) })
    expect(JSON.parse((await handler(functionUrl)).body)).not.toHaveProperty('state')
    expect(redis.faults.hits()).toBe(0)
  })

  test.each([
    ['UPSTASH_REDIS_REST_TOKEN', 'https://redis.example.com', ''],
    ['UPSTASH_REDIS_REST_URL', '', 'planted-token'],
  ])('is not shared where %s alone is missing, which is said', async (missing, url, token) => {
    inEnvironment(url, token)
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const poll = environment({ good })
    expect(warn.mock.calls).toEqual([
      [`allclear: ${missing} is not set, so each environment keeps a state of its own`],
    ])
    expect((await poll()).report.state).toBe('local')
  })

  test.each(['hang', 'down', 'wrong'] as const)(
    'is local when Redis is in the mode %s; the answer comes in time, and nothing is left running',
    async (mode) => {
      inEnvironment(redis.url, redis.token)
      redis.faults.set(mode)
      const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
      const requests = underWay()
      const timers = timersRunning()
      const check = counting()
      const poll = environment({ check }, { service: service(), deadlineMs: 1500 })

      const started = performance.now()
      const { statusCode, report } = await poll()
      expect(performance.now() - started).toBeLessThan(1500)
      expect([statusCode, report.status, report.state, check.runs()]).toEqual([200, 'healthy', 'local', 1])
      expect(requests.size, 'requests under way').toBe(0)
      expect(timers(), 'timers').toBe(0)
      expect(warn.mock.calls.join()).toMatch(/^allclear: the store of the state could not be reached/)
      expect(warn.mock.calls.join()).not.toContain(redis.token)
    },
  )

  test('is local when Redis stalls while the round runs', async () => {
    inEnvironment(redis.url, redis.token)
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const requests = underWay()
    const check = checkOf(async () => redis.faults.set('hang'))
    const poll = environment({ check }, { service: service(), deadlineMs: 1500 })
    const started = performance.now()
    expect((await poll()).report).toMatchObject({ status: 'healthy', state: 'local' })
    expect(performance.now() - started).toBeLessThan(1500)
    expect(requests.size).toBe(0)
  })

  test('that is stalled costs an invocation with little time no more than that', async () => {
    inEnvironment(redis.url, redis.token)
    redis.faults.set('hang')
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const requests = underWay()
    const poll = environment({ good }, { service: service(), deadlineMs: 10_000 })
    const started = performance.now()
    const left = () => 1000 - (performance.now() - started)
    expect((await poll({ getRemainingTimeInMillis: left })).report).toMatchObject({ state: 'local' })
    expect(left()).toBeGreaterThan(0)
    expect(requests.size).toBe(0)
  })

  /** The requests of this process that are not answered, nor given up. */
  function underWay(): ReadonlySet<Promise<unknown>> {
    const requests = new Set<Promise<unknown>>()
    const { fetch } = globalThis
    vi.spyOn(globalThis, 'fetch').mockImplementation((...args) => {
      const request = fetch(...args).finally(() => requests.delete(request))
      requests.add(request)
      return request
    })
    return requests
  }

  /** How many timers hold the process that were set from now on; those of connections that idle do not. */
  function timersRunning(): () => number {
    const timers = new Set<NodeJS.Timeout>()
    const { setTimeout: set, clearTimeout: clear } = globalThis
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(((come: () => void, ms: number) => {
      const fire = (): void => {
        timers.delete(timer)
        come()
      }
      const timer = set(fire, ms) as unknown as NodeJS.Timeout
      timers.add(timer)
      return timer
    }) as any)
    vi.spyOn(globalThis, 'clearTimeout').mockImplementation((timer: any) => {
      timers.delete(timer)
      clear(timer)
    })
    return () => [...timers].filter((timer) => timer.hasRef()).length
  }
})

describe('the time that is left', () => {
  const withLeft = (ms: number): LambdaContext => {
    const end = Date.now() + ms
    return { getRemainingTimeInMillis: () => end - Date.now() }
  }

  test.each([
    ['the invocation’s, less a margin', 10_000, 3000, 2750],
    ['half of it, where it is little', 10_000, 200, 100],
    ['the definition’s, where that is less', 2000, 60_000, 2000],
  ])('is %s', async (_, deadlineMs, leftMs, answeredMs) => {
    vi.useFakeTimers()
    const poll = environment({ good, deaf: hanging({ timeoutMs: deadlineMs - 1 }) }, { deadlineMs })
    const started = Date.now()
    const answer = poll(withLeft(leftMs)).then((answered) => ({ ...answered, afterMs: Date.now() - started }))
    await vi.advanceTimersByTimeAsync(answeredMs)
    const { statusCode, report, afterMs } = await answer
    // A round ends a little before the deadline, for its results to come home.
    expect(afterMs).toBeGreaterThanOrEqual(answeredMs - Math.min(250, answeredMs / 10))
    expect(statusCode).toBe(503)
    expect(report).toMatchObject({
      status: 'unknown',
      checks: { good: { status: 'healthy' }, deaf: { status: 'unknown', detail: 'timeout' } },
    })
    expect(vi.getTimerCount(), 'no timer stays behind').toBe(0)
  })

  test('nothing is left running when a check waited for its signal', async () => {
    vi.useFakeTimers()
    const poll = environment({ deaf: hanging({ timeoutMs: 500 }) })
    const answer = poll(withLeft(60_000))
    await vi.advanceTimersByTimeAsync(500)
    expect((await answer).report).toMatchObject({ checks: { deaf: { detail: 'timeout' } } })
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a context', () => {
  test.each([
    ['null', null],
    ['an empty object', {}],
    ['a text', 'context'],
    ['a time that is no function', { getRemainingTimeInMillis: 3000 }],
    ['a time that is no number', { getRemainingTimeInMillis: () => NaN }],
    ['no time left', { getRemainingTimeInMillis: () => -1 }],
  ])('of %s is no reason not to answer', async (_, context) => {
    const handler = onLambda(defineHealth({ checks: { good } }))
    const { statusCode, headers, body } = await handler(functionUrl, context as any)
    expect([[200, 503].includes(statusCode), headers?.['content-type']]).toEqual([true, 'application/json'])
    expect(JSON.parse(body)).toHaveProperty('status')
  })
})

describe('odd requests', () => {
  const handler = onLambda(defineHealth({ checks: { good } }))
  const kinds = Object.entries(EVENTS)

  test.each(kinds)('TRACE and the like are not allowed: %s', async (_, eventOf) => {
    for (const method of ['TRACE', 'CONNECT', 'TRACK', 'PROPFIND', 'G\u00c9T', 'GE T', '']) {
      const { statusCode, headers, multiValueHeaders, body } = await handler(
        eventOf({ method, path: '/livez', headers: {} }),
      )
      expect([method, statusCode]).toEqual([method, 405])
      expect([headers?.['allow'] ?? multiValueHeaders?.['allow']?.[0]]).toEqual(['GET, HEAD'])
      expect(JSON.parse(body)).toEqual({ error: expect.any(String) })
    }
  })

  test.each([
    ['cookies that are none', { cookie: ';;=; a=%zz; \u00fc \ud83c' }],
    ['a cookie of two lines', { cookie: 'a=1\r\nX-Injected: 1' }],
    ['a header of any letters', { 'x-name': 'J\u00fcrgen \u4f8b\u3048 \ud83c' }],
    ['a header with no value', { 'x-none': null }],
    ['a header that is a number', { 'x-number': 7 }],
    ['a header whose name is none', { 'x y': '1', '': '2' }],
    ['an odd host', { host: '[fe80::1%eth0]' }],
  ])('%s: answered by each kind', async (_, headers) => {
    for (const [kind, eventOf] of kinds) {
      const answer = await handler(eventOf({ method: 'GET', path: '/livez', headers: headers as any }))
      expect([kind, answer.statusCode, answer.body]).toEqual([kind, 200, '{"status":"healthy"}'])
    }
  })

  test('the cookies of a second version may be anything', async () => {
    for (const cookies of [['a=1', 'b=\r\n'], [null], 'a=1', {}, ['\u4f8b']]) {
      expect(await handler({ ...functionUrl, cookies })).toMatchObject({ statusCode: 200 })
    }
  })

  test.each([
    ['%zz', 200],
    ['a=%zz&b', 200],
    ['only=%67ood', 200],
    ['only=nope', 400],
    ['\ud83c', 200],
  ])('the query %s', async (query, statusCode) => {
    expect(await handler({ ...functionUrl, rawQueryString: query })).toMatchObject({ statusCode })
    const pairs = Object.fromEntries(query.split('&').map((pair) => pair.split('=')))
    const queryStringParameters = { ...pairs }
    expect(await handler({ ...RECORDED.loadBalancer, queryStringParameters })).toMatchObject({ statusCode })
  })

  test.each([{}, null, 'x', [null], { only: null }, { only: [null, 7] }])(
    'parameters that are %j are no reason to fail',
    async (parameters) => {
      for (const name of ['queryStringParameters', 'multiValueQueryStringParameters', 'multiValueHeaders']) {
        for (const event of [RECORDED.apiGatewayV1, RECORDED.loadBalancer, functionUrl]) {
          const { statusCode, body } = await handler({ ...event, [name]: parameters })
          expect([200, 400]).toContain(statusCode)
          expect(() => JSON.parse(body)).not.toThrow()
        }
      }
    },
  )

  test('a path with characters of a URL is that path', async () => {
    for (const path of ['/readyz/a?b', '/readyz/a#b', '/readyz/\ud83c', '/readyz/%zz', '/readyz/a b']) {
      expect([path, (await handler({ ...functionUrl, rawPath: path })).statusCode]).toEqual([path, 404])
    }
  })

  test('an event of the first version with a rawPath is one of the first version', async () => {
    const event = { ...RECORDED.apiGatewayV1, rawPath: '/Prod/readyz' }
    expect(await handler(event)).toMatchObject({ statusCode: 200 })
  })
})

test('a plugin that throws no error is an internal error all the same', async () => {
  const answer: Reader['answer'] = () => {
    throw 'a text' // oxlint-disable-line typescript/only-throw-error
  }
  const plugins = [{ name: 'odd', options: {}, entries: {}, readers: [{ path: '/odd', answer }] }]
  const handler = onLambda(defineHealth({ checks: { good }, plugins }))
  for (const eventOf of Object.values(EVENTS)) {
    const { statusCode, body } = await handler(eventOf({ method: 'GET', path: '/odd', headers: {} }))
    expect([statusCode, body]).toEqual([500, '{"error":"internal error"}'])
  }
})

test('a reader gets the body', async () => {
  const answer: Reader['answer'] = async ({ request }) => ({ body: { got: await request.text() } })
  const readers: Reader[] = [{ path: '/echo', methods: ['POST'], answer }]
  const plugins = [{ name: 'echo', options: {}, entries: {}, readers }]
  const handler = onLambda(defineHealth({ checks: { good }, plugins }))
  const body = '{"status":"\u00fc"}'
  for (const eventOf of Object.values(EVENTS)) {
    const event = eventOf({ method: 'POST', path: '/echo', headers: {} })
    const base64 = { body: Buffer.from(body).toString('base64'), isBase64Encoded: true }
    for (const sent of [{ body, isBase64Encoded: false }, base64]) {
      const answered = await handler({ ...event, ...sent })
      expect(JSON.parse(answered.body)).toEqual({ got: body })
    }
    expect(JSON.parse((await handler({ ...event, body: null })).body)).toEqual({ got: '' })
  }
})

describe('basePath', () => {
  const handler = onLambda(defineHealth({ checks: { good } }), { basePath: '/health' })

  test.each(Object.entries(EVENTS))('is what is answered below: %s', async (_, eventOf) => {
    const answer = (path: string) => handler(eventOf({ method: 'GET', path, headers: {} }))
    expect(await answer('/health/livez')).toMatchObject({ statusCode: 200, body: '{"status":"healthy"}' })
    expect(await answer('/livez')).toMatchObject({ statusCode: 404 })
  })

  test('may be the name of the stage', async () => {
    const requestContext = { ...RECORDED.apiGatewayV2.requestContext, stage: 'health' }
    const event = { ...RECORDED.apiGatewayV2, rawPath: '/health/livez', requestContext }
    expect(await handler(event)).toMatchObject({ statusCode: 200 })
  })
})

describe('an event', () => {
  const handler = onLambda(defineHealth({ checks: { good } }))

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'GET /readyz'],
    ['an object of nothing', {}],
    ['a schedule', { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} }],
    ['a queue', { Records: [{ eventSource: 'aws:sqs', body: '{}' }] }],
    ['a web socket', { requestContext: { connectionId: 'a=', routeKey: '$connect', eventType: 'CONNECT' } }],
    [
      'a service network',
      { path: '/readyz', method: 'GET', requestContext: { serviceArn: 'arn:aws:vpc-lattice' } },
    ],
    ['a request with no context', { httpMethod: 'GET', path: '/readyz', requestContext: null }],
    ['a request with no path', { ...RECORDED.loadBalancer, path: undefined }],
    ['a request with half a path', { ...RECORDED.apiGatewayV2, rawPath: 'readyz' }],
    ['a request with no method', { ...RECORDED.apiGatewayV1, httpMethod: undefined }],
  ])('of %s is a bad request', async (_, event) => {
    const { statusCode, headers, body, isBase64Encoded } = await handler(event)
    expect([statusCode, headers?.['content-type'], isBase64Encoded]).toEqual([400, 'application/json', false])
    expect(JSON.parse(body)).toEqual({ error: expect.stringContaining('an event of an unknown kind') })
  })

  test('of a load balancer’s own health check has no host', async () => {
    const event = { ...RECORDED.loadBalancer, headers: { 'user-agent': 'ELB-HealthChecker/2.0' } }
    expect(await handler(event)).toMatchObject({ statusCode: 200 })
  })

  test('with headers in one form alone is answered by them', async () => {
    const accept = 'application/openmetrics-text'
    for (const multiValueHeaders of [{}, { Host: ['x'] }, null]) {
      const event = { ...RECORDED.apiGatewayV1, path: '/metrics', headers: { accept }, multiValueHeaders }
      expect((await handler(event)).body).toMatch(/# EOF\n$/)
    }
  })

  test('of a console’s test has no headers', async () => {
    const event = { ...RECORDED.apiGatewayV1, headers: null, multiValueHeaders: null }
    expect(await handler(event)).toMatchObject({ statusCode: 200 })
  })

  test('may have a body, which nobody reads', async () => {
    const body = Buffer.from('{}').toString('base64')
    expect(await handler({ ...functionUrl, body, isBase64Encoded: true })).toMatchObject({ statusCode: 200 })
  })

  test('with all values of its headers is answered so', async () => {
    const eventOf = EVENTS['load balancer, with all values']
    const answer = await handler(eventOf?.({ method: 'POST', path: '/readyz', headers: {} }))
    expect(answer).toMatchObject({ statusCode: 405, multiValueHeaders: { allow: ['GET, HEAD'] } })
    expect(answer).not.toHaveProperty('headers')
  })
})

test.each(Object.entries(EVENTS))('metrics are text, as OpenMetrics, too: %s', async (_, eventOf) => {
  const handler = onLambda(defineHealth({ checks: { good } }))
  const headers = { accept: 'application/openmetrics-text' }
  const { body, isBase64Encoded } = await handler(eventOf({ method: 'GET', path: '/metrics', headers }))
  expect(isBase64Encoded).toBe(false)
  expect(body).toMatch(/^# HELP app_health[^]*\n# EOF\n$/)
})

test('checks and the token get the environment’s variables', async () => {
  vi.stubEnv('QUEUE_URL', 'https://queue.example.com')
  vi.stubEnv('ALLCLEAR_TOKEN', 'open sesame')
  const check = checkOf(async ({ env }) => ({
    status: env.QUEUE_URL === 'https://queue.example.com' ? 'healthy' : 'unhealthy',
    error: 'for a bearer',
  }))
  const handler = onLambda(defineHealth({ checks: { check } }))
  const headers = { ...functionUrl.headers, authorization: 'Bearer open sesame' }
  const { body } = await handler({ ...functionUrl, headers })
  expect(JSON.parse(body).checks.check).toMatchObject({ status: 'healthy', error: 'for a bearer' })
})

test('a disk of the environment needs no exporter', async () => {
  const poll = environment({ tmp: disk({ path: '/tmp', degraded: 100, unhealthy: 100 }) })
  expect((await poll()).report.checks.tmp).toMatchObject({ status: 'healthy', detail: '' })
})

test('the regions of a definition are no regions of a function', async () => {
  const { report } = await environment({ good }, { regions: ['weur', 'enam'], quorum: 'all' })()
  expect(report).toMatchObject({ status: 'healthy' })
  expect(report).not.toHaveProperty('regions')
})
