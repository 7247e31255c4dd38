import { METHODS } from 'node:http'
import { Hono } from 'hono'
import { describe, expect, test, vi } from 'vitest'
import { type HealthOptions, defineHealth } from '../../src/core/define.ts'
import type { Format, Plugin, Reader } from '../../src/core/plugin.ts'
import { OWN_CLAIMS } from '../../src/core/plugin-faults.ts'
import { createRoutes, readersOf } from '../../src/http/routes.ts'
import { systemClock } from '../../src/drivers/clock.ts'
import { poller } from '../../src/poll/poller.ts'
import { memory } from '../../src/stores/memory.ts'
import { checkOf } from '../health.ts'

const good = checkOf(async () => {}, { tags: ['data'] })
const bad = checkOf(
  async () => {
    throw new Error('refused by 10.0.0.7')
  },
  { tags: ['edge'] },
)
const badButOptional = { ...bad, options: { ...bad.options, critical: false } }

function app(checks: HealthOptions<any>['checks'], options: Omit<HealthOptions<any>, 'checks'> = {}) {
  const health = defineHealth({ checks, ...options })
  // Time stands still but where the test turns it, so that two answers differ in nothing but what was asked.
  let now = Date.UTC(2026, 10, 23, 5)
  const clock = { ...systemClock, now: () => now }
  const store = memory(health, clock.now)
  const warnings: string[] = []
  const warn = (message: string): void => void warnings.push(message)
  let ids = 0
  const poll = poller(health, {
    clock,
    cells: [{ storeOf: () => store }],
    newId: () => String((ids += 1)),
    warn,
  })
  const routes = createRoutes(health, { poll, warn })
  const ask = async (path: string, init: RequestInit = {}, env: object = {}) => {
    const response = await routes.request(path, init, env)
    const text = await response.text()
    return {
      code: response.status,
      headers: Object.fromEntries(response.headers),
      text,
      body:
        response.headers.get('content-type')?.includes('json') && text !== '' ? JSON.parse(text) : undefined,
    }
  }
  return { ask, routes, turnClock: (ms: number) => void (now += ms) }
}

describe('liveness', () => {
  test.each(['/healthz', '/livez'])('%s is healthy and touches nothing', async (path) => {
    let probes = 0
    const { ask } = app({ it: checkOf(async () => void (probes += 1)) })
    expect(await ask(path)).toMatchObject({ code: 200, text: '{"status":"healthy"}' })
    expect(probes).toBe(0)
  })
})

describe('readiness', () => {
  test('shows each check as the contract writes it', async () => {
    const { body, headers } = await app({ good, badButOptional }).ask('/readyz')
    expect(body).toEqual({
      status: 'degraded',
      checked_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      age_ms: expect.any(Number),
      checks: {
        good: {
          status: 'healthy',
          critical: true,
          duration_ms: expect.any(Number),
          detail: '',
          breaker: 'closed',
          checked_at: body.checked_at,
        },
        badButOptional: {
          status: 'unhealthy',
          critical: false,
          duration_ms: expect.any(Number),
          detail: 'error',
          breaker: 'closed',
          checked_at: body.checked_at,
        },
      },
    })
    expect(headers['content-type']).toBe('application/json')
  })

  test.each([
    ['healthy', { good }, 200],
    ['degraded', { good, badButOptional }, 200],
    ['unhealthy', { good, bad }, 503],
    ['unknown', { lost: checkOf(async () => 'unknown') }, 503],
  ])('%s in a status code', async (status, checks, code) => {
    const answer = await app(checks).ask('/readyz')
    expect(answer).toMatchObject({ code, body: { status } })
    if (code === 503) expect(answer.headers['retry-after']).toBe('5')
    else expect(answer.headers).not.toHaveProperty('retry-after')
  })

  test('a check that counts for startup alone is left out', async () => {
    const startupOnly = checkOf(async () => 'unhealthy', { probes: ['startup'] })
    const { body, code } = await app({ good, startupOnly }).ask('/readyz')
    expect([code, Object.keys(body.checks)]).toEqual([200, ['good']])
  })

  test.each([
    ['?exclude=bad', ['good', 'other'], 200],
    ['?exclude=bad,good', ['other'], 200],
    ['?exclude=bad&exclude=good', ['other'], 200],
    ['?only=bad', ['bad'], 503],
    ['?only=good,bad', ['good', 'bad'], 503],
    ['?tag=data', ['good'], 200],
    ['?tag=edge', ['bad'], 503],
    ['?tag=data&only=good', ['good'], 200],
    ['?exclude=', ['good', 'bad', 'other'], 503],
    ['?cache-buster=7', ['good', 'bad', 'other'], 503],
  ])('%s chooses checks', async (query, names, code) => {
    const answer = await app({ good, bad, other: checkOf(async () => {}) }).ask(`/readyz${query}`)
    expect([answer.code, Object.keys(answer.body.checks)]).toEqual([code, names])
  })

  test.each([
    ['?only=nope', 'only: no check is named "nope"; known: good, bad'],
    ['?exclude=constructor', 'exclude: no check is named "constructor"; known: good, bad'],
    ['?tag=nope', 'tag: no tag is named "nope"; known: data, edge'],
    ['?only=%22%3Cscript%3E', 'only: no check is named "\\"<script>"; known: good, bad'],
    ['?exclude=good,bad', 'the query leaves no check that counts for readiness'],
    ['?only=', 'the query leaves no check that counts for readiness'],
  ])('%s is a bad request', async (query, error) => {
    expect(await app({ good, bad }).ask(`/readyz${query}`)).toMatchObject({ code: 400, body: { error } })
  })
})

describe('one check', () => {
  test('answers with its own status', async () => {
    const { ask } = app({ good, badButOptional })
    expect(await ask('/readyz/good')).toMatchObject({
      code: 200,
      body: { status: 'healthy', critical: true },
    })
    expect(await ask('/readyz/badButOptional')).toMatchObject({
      code: 503,
      body: { status: 'unhealthy', detail: 'error' },
      headers: { 'retry-after': '5' },
    })
  })

  test.each(['nope', 'constructor', '__proto__', '%3Cb%3E'])('%s is not found', async (name) => {
    const answer = await app({ good }).ask(`/readyz/${name}`)
    expect(answer).toMatchObject({ code: 404, body: { error: expect.stringContaining('known: good') } })
  })
})

describe('startup', () => {
  test('fails until one whole round is good, and holds from then on', async () => {
    let status: 'unhealthy' | 'healthy' = 'unhealthy'
    const { ask, turnClock } = app({ it: checkOf(async () => status, { breaker: false }) })
    expect(await ask('/startupz')).toMatchObject({
      code: 503,
      body: { status: 'unhealthy' },
      headers: { 'retry-after': '5' },
    })
    status = 'healthy'
    turnClock(6000)
    expect(await ask('/startupz')).toMatchObject({ code: 200, body: { status: 'healthy' } })
    status = 'unhealthy'
    turnClock(6000)
    expect(await ask('/readyz')).toMatchObject({ code: 503 })
    expect(await ask('/startupz')).toMatchObject({ code: 200 })
  })

  test('is held back by neither an optional check nor one that is for readiness alone', async () => {
    const readyOnly = checkOf(async () => 'unhealthy', { probes: ['ready'] })
    expect((await app({ good, badButOptional, readyOnly }).ask('/startupz')).code).toBe(200)
  })
})

describe('metrics', () => {
  test('are there whatever is unhealthy', async () => {
    const { code, headers, text } = await app({ good, bad }, { metricsPrefix: 'shop' }).ask('/metrics')
    expect([code, headers['content-type']]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])
    expect(text).toContain('shop_health_check_status{check_name="good"} 1\n')
    expect(text).toContain('shop_health_check_status{check_name="bad"} 0\n')
    expect(text).toContain('shop_health_status 0\n')
  })

  test.each([
    ['application/openmetrics-text', true],
    ['application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.3,*/*;q=0.1', true],
    ['text/plain;version=0.0.4;q=0.9,application/openmetrics-text;version=1.0.0;q=0.5', false],
    ['application/openmetrics-text;q=0', false],
    ['*/*', false],
    ['text/html', false],
  ])('Accept: %s', async (accept, isOpenMetrics) => {
    const { headers, text } = await app({ good }).ask('/metrics', { headers: { Accept: accept } })
    expect(text.endsWith('# EOF\n')).toBe(isOpenMetrics)
    expect(headers['content-type']?.startsWith('application/openmetrics-text; version=1.0.0')).toBe(
      isOpenMetrics,
    )
  })
})

describe('private detail', () => {
  const env = { ALLCLEAR_TOKEN: 'open sesame' }
  const bearing = (token: string): RequestInit => ({ headers: { Authorization: `Bearer ${token}` } })

  test('is for a bearer of the token', async () => {
    const { ask } = app({ good, bad })
    const { body } = await ask('/readyz', bearing('open sesame'), env)
    expect(body.checks.bad.error).toBe('Error: refused by 10.0.0.7')
    expect((await ask('/readyz/bad', bearing('open sesame'), env)).body.error).toBe(
      'Error: refused by 10.0.0.7',
    )
  })

  test.each<readonly [string, RequestInit, object]>([
    ['no token', {}, env],
    ['a wrong token', bearing('open sesam'), env],
    ['another scheme', { headers: { Authorization: 'Basic open sesame' } }, env],
    ['a token where none is set', bearing('undefined'), {}],
    ['an empty token where it is set empty', bearing(''), { ALLCLEAR_TOKEN: '' }],
  ])('is not shown to %s, who gets the public answer', async (_, init, surroundings) => {
    const answer = await app({ good, bad }).ask('/readyz', init, surroundings)
    expect(answer).toMatchObject({ code: 503, body: { status: 'unhealthy' } })
    expect(answer.text).not.toContain('10.0.0.7')
  })

  test.each(['open sesame\n', ' open sesame ', '\topen sesame\r\n'])(
    'white space around the token %j does not count',
    async (token) => {
      const { ask } = app({ bad })
      expect(
        (await ask('/readyz', bearing('open sesame'), { ALLCLEAR_TOKEN: token })).body.checks.bad,
      ).toHaveProperty('error')
      expect(
        (await ask('/readyz', bearing(''), { ALLCLEAR_TOKEN: ' \n' })).body.checks.bad,
      ).not.toHaveProperty('error')
    },
  )

  test('a token that was not accepted is said so in a header', async () => {
    const { headers } = await app({ good }).ask('/readyz', bearing('wrong'), env)
    expect(headers['www-authenticate']).toBe('Bearer error="invalid_token"')
  })

  test('the token can come from another place, and a broken place opens nothing', async () => {
    const mine = app({ bad }, { token: ({ MINE }: { MINE: string }) => MINE })
    expect((await mine.ask('/readyz', bearing('x1'), { MINE: 'x1' })).body.checks.bad).toHaveProperty('error')
    const broken = app({ bad }, { token: ({ missing }: any) => missing.MINE })
    expect((await broken.ask('/readyz', bearing('x1'))).body.checks.bad).not.toHaveProperty('error')
  })
})

describe('every path', () => {
  const paths = ['/healthz', '/livez', '/readyz', '/readyz/good', '/readyz/nope', '/startupz', '/metrics']

  test.each(paths)('HEAD %s has the status and headers of GET, and no body', async (path) => {
    const { ask } = app({ good })
    const [get, head] = [await ask(path), await ask(path, { method: 'HEAD' })]
    // A server tells the length of what it sends by itself.
    const headers = { ...get.headers, 'content-length': String(get.text.length) }
    expect([head.code, head.headers, head.text]).toEqual([get.code, headers, ''])
  })

  // fetch knows no request of the last two.
  const others = METHODS.filter((method) => !['GET', 'HEAD', 'CONNECT', 'TRACE'].includes(method))
  test.each(paths.flatMap((path) => others.map((method) => [method, path])))(
    '%s %s is not allowed',
    async (method, path) => {
      const answer = await app({ good }).ask(path, { method })
      expect(answer).toMatchObject({ code: 405, headers: { allow: 'GET, HEAD' } })
      expect(answer.body).toEqual({ error: `${method} is not allowed here; use GET or HEAD` })
    },
  )

  test.each(paths)('%s is never cached and never not modified', async (path) => {
    const headers = { 'If-None-Match': '*', 'If-Modified-Since': new Date().toUTCString() }
    const answer = await app({ good }).ask(path, { headers })
    expect(answer.code).not.toBe(304)
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
  })
})

test('the paths mount in any app, below any path, and leave the others alone', async () => {
  const mine = new Hono()
  mine.get('/', (c) => c.text('my shop'))
  mine.route('/', app({ good }).routes)
  mine.route('/internal', app({ bad }).routes)
  const codes = await Promise.all(
    ['/', '/readyz', '/internal/readyz', '/internal/metrics', '/else'].map(
      async (path) => (await mine.request(path)).status,
    ),
  )
  expect(codes).toEqual([200, 200, 503, 200, 404])
})

test('what should not happen is an error in JSON, told without secrets', async () => {
  const health = defineHealth({ checks: { good } })
  const warnings: string[] = []
  const routes = createRoutes(health, {
    poll: () => Promise.reject(new Error('lost planted-token')),
    warn: (message) => void warnings.push(message),
  })
  const response = await routes.request('/readyz', {}, { TOKEN: 'planted-token' })
  expect([response.status, await response.json()]).toEqual([500, { error: 'internal error' }])
  expect(warnings).toEqual(['allclear: Error: lost [redacted]'])
})

test.each(['/readyz/', '/metrics/', '/readyz/good/', '//readyz', '/readyz//good', '///livez//'])(
  'the slash too many of %s is forgiven',
  async (path) => {
    expect((await app({ good }).ask(path)).code).toBe(200)
  },
)

test('other paths are errors in JSON', async () => {
  const { ask } = app({ good })
  for (const path of ['/else', '/READYZ', '/readyz/good/more']) {
    expect(await ask(path)).toMatchObject({
      code: 404,
      body: { error: `no such path: ${path}` },
      headers: { 'cache-control': 'no-store' },
    })
  }
})

describe('the status in a header', () => {
  const checks = { good, badButOptional }

  test.each([
    ['/livez', 'healthy'],
    ['/readyz', 'degraded'],
    ['/readyz?only=good', 'healthy'],
    ['/readyz/badButOptional', 'unhealthy'],
    ['/startupz', 'healthy'],
  ])('%s says %s, to GET and to HEAD', async (path, status) => {
    const { ask } = app(checks)
    for (const method of ['GET', 'HEAD']) {
      expect((await ask(path, { method })).headers['allclear-status']).toBe(status)
    }
  })

  test.each(['/metrics', '/readyz?only=nope', '/readyz/nope', '/nowhere', '/'])(
    '%s is about no status',
    async (path) => {
      expect((await app(checks).ask(path)).headers).not.toHaveProperty('allclear-status')
    },
  )

  test.each([
    ['/readyz?fail=degraded', 503],
    ['/readyz?fail=degraded&only=good', 200],
    ['/readyz/good?fail=degraded', 200],
    ['/startupz?fail=degraded', 200],
  ])('%s is %i', async (path, code) => {
    const answer = await app(checks).ask(path)
    expect(answer.code).toBe(code)
    if (code === 503) expect(answer.headers['retry-after']).toBe('5')
  })

  test.each(['/readyz', '/readyz/good', '/startupz'])('%s?fail=else is a bad request', async (path) => {
    expect(await app({ good }).ask(`${path}?fail=unhealthy`)).toMatchObject({
      code: 400,
      body: { error: 'fail: expected degraded, received "unhealthy"' },
    })
  })
})

describe('the root', () => {
  const PATHS = ['/healthz', '/livez', '/readyz', '/readyz/NAME', '/startupz', '/metrics']

  test('tells the service and the paths that there are', async () => {
    const { ask } = app({ good }, { service: { name: 'shop' } })
    expect(await ask('/')).toMatchObject({ code: 200, body: { service: 'shop', paths: PATHS } })
    expect(await ask('/', { method: 'POST' })).toMatchObject({ code: 405, headers: { allow: 'GET, HEAD' } })
  })

  test('belongs to a plugin that has it', async () => {
    const page: Plugin = {
      name: 'page',
      options: {},
      entries: {},
      readers: [{ path: '/', answer: () => ({ body: 'a page', type: 'text/html' }) }],
    }
    expect((await app({ good }, { plugins: [page] }).ask('/')).text).toBe('a page')
  })

  test('is left to an app that the paths are mounted in', async () => {
    const mine = new Hono()
    mine.route('/', app({ good }).routes)
    expect((await mine.request('/')).status).toBe(404)
  })
})

test.each(['/health', '/health/', 'health'])(
  'below %s everything answers, and nothing at the root',
  async (basePath) => {
    const health = defineHealth({ checks: { good } })
    const store = memory(health, Date.now)
    const poll = poller(health, {
      clock: systemClock,
      cells: [{ storeOf: () => store }],
      newId: () => 'a',
      warn: () => {},
    })
    const routes = createRoutes(health, { poll, warn: () => {}, basePath })
    const codeOf = async (path: string) => (await routes.request(path)).status
    for (const path of ['/health/readyz', '/health/readyz/good', '/health', '/health/'])
      expect(await codeOf(path)).toBe(200)
    for (const path of ['/readyz', '/', '/healthy/readyz']) expect(await codeOf(path)).toBe(404)
    expect(await (await routes.request('/health')).json()).toMatchObject({
      paths: expect.arrayContaining(['/health/readyz/NAME']),
    })
  },
)

describe('a process that is about to end', () => {
  const leaving = () => {
    const health = defineHealth({ checks: { good } })
    let isLeaving = false
    const poll = vi.fn(() => Promise.reject(new Error('no poll is to be')))
    const routes = createRoutes(health, { poll, warn: () => {}, isLeaving: () => isLeaving })
    return { routes, poll, leave: () => void (isLeaving = true) }
  }

  test.each(['/readyz', '/readyz?only=good', '/readyz?only=nope'])('is not ready at %s', async (path) => {
    const { routes, poll, leave } = leaving()
    leave()
    const response = await routes.request(path)
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1'])
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.json()).toEqual({ status: 'unhealthy', error: 'shutting down' })
    expect(poll).not.toHaveBeenCalled()
  })

  test('answers HEAD so, and what is not allowed as ever', async () => {
    const { routes, leave } = leaving()
    leave()
    expect((await routes.request('/readyz', { method: 'HEAD' })).status).toBe(503)
    expect((await routes.request('/readyz', { method: 'POST' })).status).toBe(405)
  })

  test.each(['/healthz', '/livez'])('is alive at %s', async (path) => {
    const { routes, leave } = leaving()
    leave()
    expect((await routes.request(path)).status).toBe(200)
  })

  test('asks as ever until then', async () => {
    const { routes, poll } = leaving()
    await routes.request('/readyz')
    expect(poll).toHaveBeenCalledOnce()
  })
})

test('a host may have another environment than what hono is handed, and a time of its own', async () => {
  const health = defineHealth({ checks: { bad } })
  const store = memory(health, Date.now)
  const asked: unknown[] = []
  const inner = poller(health, {
    clock: systemClock,
    cells: [{ storeOf: () => store }],
    newId: () => 'a',
    warn: () => {},
  })
  const routes = createRoutes(health, {
    poll: (env, caller) => {
      asked.push([env, caller.leftMs])
      return inner(env, caller)
    },
    warn: () => {},
    envOf: (handed) => (handed as any).env,
    leftMs: (handed) => (handed as any).leftMs,
  })
  const env = { ALLCLEAR_TOKEN: 'open sesame' }
  const bearer = { headers: { Authorization: 'Bearer open sesame' } }
  const response = await routes.request('/readyz/bad', bearer, { env, leftMs: 5000 })
  expect(await response.json()).toMatchObject({ error: 'Error: refused by 10.0.0.7' })
  expect(asked).toEqual([[env, 5000]])
})

describe('a plugin', () => {
  const words: Format = {
    name: 'words',
    mediaTypes: ['text/words'],
    render: ({ status, report, check }) => ({
      type: 'text/plain; charset=utf-8',
      body: `${check?.name ?? report.service.name} is ${status} of ${report.checks.map(({ name }) => name).join()}`,
    }),
  }
  const plugin = (added: Partial<Plugin>): Plugin => ({ name: 'mine', options: {}, entries: {}, ...added })
  const withReader = (reader: Reader) => app({ good, bad }, { plugins: [plugin({ readers: [reader] })] })

  describe('gives a format', () => {
    const { ask } = app({ good, bad }, { plugins: [plugin({ formats: [words] })] })

    test.each([
      ['/readyz?format=words', 503, 'allclear is unhealthy of good,bad'],
      ['/readyz?format=words&only=good', 200, 'allclear is healthy of good'],
      ['/readyz/good?format=words', 200, 'good is healthy of good'],
      ['/startupz?format=words', 503, 'allclear is unhealthy of good,bad'],
    ])('%s', async (path, code, text) => {
      const answer = await ask(path)
      expect([answer.code, answer.text]).toEqual([code, text])
      expect(answer.headers).toMatchObject({
        'content-type': 'text/plain; charset=utf-8',
        'cache-control': 'no-store',
      })
    })

    test.each(['/readyz', '/readyz/good', '/startupz'])('that Accept asks for at %s', async (path) => {
      const type = async (accept: string) =>
        (await ask(path, { headers: { Accept: accept } })).headers['content-type']
      expect(await type('text/words')).toBe('text/plain; charset=utf-8')
      expect(await type('text/words;q=0.5, application/json;q=0.5')).toBe('text/plain; charset=utf-8')
      expect(await type('text/words;q=0.5, application/json')).toBe('application/json')
      expect(await type('text/words;q=0')).toBe('application/json')
      expect(await type('text/*, */*')).toBe('application/json')
      expect(await type('')).toBe('application/json')
    })

    test('that ?format=json beats', async () => {
      const answer = await ask('/readyz?format=json', { headers: { Accept: 'text/words' } })
      expect(answer.body).toMatchObject({ status: 'unhealthy' })
    })

    test('of a startup that is over', async () => {
      const started = app({ good }, { plugins: [plugin({ formats: [words] })] })
      expect((await started.ask('/startupz')).text).toBe('{"status":"healthy"}')
      expect(await started.ask('/startupz?format=words')).toMatchObject({
        code: 200,
        text: 'allclear is healthy of good',
      })
    })
  })

  test.each(['/readyz', '/readyz/good', '/startupz'])('an unknown format at %s is 406', async (path) => {
    const { ask } = app({ good }, { plugins: [plugin({ formats: [words] })] })
    expect(await ask(`${path}?format=xml`)).toMatchObject({
      code: 406,
      body: { error: 'format: none is named "xml"; known: json, words' },
    })
    expect((await app({ good }).ask(`${path}?format=xml`)).code).toBe(406)
  })

  test('gives a path, and is handed the request and the report', async () => {
    const { ask } = withReader({
      path: '/hello/:who',
      answer: async ({ env, param, query, report, request, health }) => ({
        code: 201,
        headers: { 'X-Mine': 'yes' },
        type: 'application/hello+json',
        body: {
          who: param('who'),
          missing: param('nobody'),
          env,
          q: query('q'),
          status: (await report()).status,
          agent: request.headers.get('User-Agent'),
          service: health.service.name,
        },
      }),
    })
    const answer = await ask('/hello/%C3%A4?q=1&q=b%20c', { headers: { 'User-Agent': 'me' } }, { A: 1 })
    expect(JSON.parse(answer.text)).toEqual({
      who: 'ä',
      missing: '',
      env: { A: 1 },
      q: ['1', 'b c'],
      status: 'unhealthy',
      agent: 'me',
      service: 'allclear',
    })
    expect(answer).toMatchObject({
      code: 201,
      headers: {
        'x-mine': 'yes',
        'content-type': 'application/hello+json',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      },
    })
  })

  test('may answer with the headers of its own in place of the common ones', async () => {
    const { ask } = withReader({
      path: '/cached',
      answer: () => ({ headers: { 'Cache-Control': 'public, max-age=5' }, body: 'ü', type: 'text/plain' }),
    })
    expect((await ask('/cached')).headers['cache-control']).toBe('public, max-age=5')
    expect((await ask('/cached', { method: 'HEAD' })).headers['content-length']).toBe('2')
  })

  test('takes the methods that it names, and HEAD with GET alone', async () => {
    const { ask } = withReader({
      path: '/note',
      methods: ['PUT', 'DELETE'],
      answer: ({ request }) => ({ body: { did: request.method } }),
    })
    expect(await ask('/note', { method: 'PUT' })).toMatchObject({ code: 200, body: { did: 'PUT' } })
    for (const method of ['GET', 'HEAD', 'POST']) {
      expect(await ask('/note', { method })).toMatchObject({ code: 405, headers: { allow: 'PUT, DELETE' } })
    }
  })

  test('may want the token', async () => {
    const answer = vi.fn(() => ({ body: { secret: true } }))
    const { ask } = withReader({ path: '/control', needsToken: true, answer })
    const env = { ALLCLEAR_TOKEN: 'open sesame' }
    const bearing = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } })
    expect(await ask('/control', {}, env)).toMatchObject({
      code: 401,
      headers: { 'www-authenticate': 'Bearer' },
      body: { error: 'this path wants the token: Authorization: Bearer TOKEN' },
    })
    expect(await ask('/control', bearing('wrong'), env)).toMatchObject({
      code: 401,
      headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
    })
    expect((await ask('/control', bearing('open sesame'), {})).code).toBe(401)
    expect(answer).not.toHaveBeenCalled()
    expect(await ask('/control', bearing('open sesame'), env)).toMatchObject({
      code: 200,
      body: { secret: true },
    })
  })

  test.each<readonly [string, Reader['answer']]>([
    ['throws', () => JSON.parse('planted-token')],
    ['rejects', () => Promise.reject(new Error('planted-token'))],
    ['gives a code that is none', () => ({ code: 7, body: '' })],
    ['gives what JSON cannot hold', () => ({ body: { big: 1n } })],
    ['gives nothing', () => undefined as never],
    [
      'throws a text',
      () => {
        // oxlint-disable-next-line typescript/only-throw-error -- that is what is tested
        throw 'planted-token'
      },
    ],
  ])('that %s is an error in JSON', async (_, answer) => {
    const response = await withReader({ path: '/odd', answer }).ask('/odd', {}, { TOKEN: 'planted-token' })
    expect(response).toMatchObject({ code: 500, body: { error: 'internal error' } })
  })
})

test('the paths of Allclear itself are those that no plugin can claim', () => {
  const health = defineHealth({ checks: { good } })
  const paths = readersOf(health, () => false).map(({ path }) => `path ${path}`)
  expect([...paths, 'format json']).toEqual(OWN_CLAIMS)
})
