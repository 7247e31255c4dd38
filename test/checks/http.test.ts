import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type HttpOptions, http } from '../../src/checks/http.ts'
import type { Received } from '../../src/local/faults.ts'
import { sendJson } from '../../src/local/server.ts'
import type { Answer } from '../../src/local/server.ts'
import { type LocalService, startService } from '../../src/local/service.ts'
import { privateWords, probeOf, verdict } from './verdict.ts'

let service: LocalService
let elsewhere: LocalService

beforeAll(async () => {
  service = await startService()
  elsewhere = await startService()
})
afterEach(() => {
  for (const one of [service, elsewhere]) {
    one.respond()
    one.faults.mend()
    one.faults.resetHits()
  }
})
afterAll(() => Promise.all([service.close(), elsewhere.close()]))

const answersWith = (status: number, body = '', headers: Record<string, string> = {}): void =>
  service.respond((_, response) => void response.writeHead(status, headers).end(body))

const checked = (options: Partial<HttpOptions<unknown>> = {}): Promise<string> =>
  verdict(http({ url: service.url, ...options }))

describe('a service is healthy', () => {
  test('when it answers 200', async () => {
    expect(await checked()).toBe('healthy')
  })

  test('when it answers HEAD', async () => {
    expect(await checked({ method: 'HEAD' })).toBe('healthy')
    expect(service.faults.last()?.method).toBe('HEAD')
  })

  test.each([
    [204, '2xx'],
    [404, 404],
    [301, '3xx'],
    [503, [200, '5xx']],
  ] as const)('when it answers %i and that is expected as %j', async (status, expected) => {
    answersWith(status)
    expect(await checked({ status: expected })).toBe('healthy')
  })
})

describe('a service is unhealthy', () => {
  test.each([
    [502, undefined, 'http 502'],
    [404, undefined, 'http 404'],
    [302, undefined, 'http 302'],
    [200, 204, 'http 200'],
    [201, [200, '3xx'], 'http 201'],
  ] as const)('when it answers %i where %j is expected', async (status, expected, detail) => {
    answersWith(status)
    expect(await checked(expected === undefined ? {} : { status: expected })).toBe(`unhealthy: ${detail}`)
  })

  test('when it tears the connection down, after one attempt', async () => {
    service.faults.set('down')
    expect(await checked()).toBe('unhealthy: connection failed')
    expect(service.faults.hits()).toBe(1)
  })

  test('when it answers 502, after one attempt', async () => {
    service.faults.set('wrong')
    expect(await checked()).toBe('unhealthy: http 502')
    expect(service.faults.hits()).toBe(1)
  })

  test('when the body breaks off', async () => {
    service.respond((_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('ok', () => response.destroy())
    })
    expect(await checked({ body: { contains: 'ok' } })).toBe('unhealthy: connection failed')
  })

  test('when what answers does not speak HTTP', async () => {
    const server = createTcpServer((socket) => socket.end('220 mail.example.com ESMTP\r\n')).listen(
      0,
      '127.0.0.1',
    )
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    expect(await verdict(http({ url: `http://127.0.0.1:${port}/` }))).toBe('unhealthy: connection failed')
    server.close()
  })
})

describe('the request', () => {
  const headersSeen = async (options: Partial<HttpOptions<unknown>>): Promise<Record<string, unknown>> => {
    await checked(options)
    return { ...service.faults.last()?.headers }
  }

  test('says who asks, and wants nothing from a cache', async () => {
    expect(await headersSeen({})).toMatchObject({ 'user-agent': 'allclear', 'cache-control': 'no-cache' })
  })

  test('says from which region it comes, where there are regions', async () => {
    await probeOf(http({ url: service.url }), {}, { region: 'weur' })
    expect(service.faults.last()?.headers).toMatchObject({ 'allclear-region': 'weur' })
    expect(await headersSeen({})).not.toHaveProperty('allclear-region')
  })

  test("carries the user's headers, also those from env", async () => {
    const env = { token: 'hush' }
    const headers = { 'User-Agent': 'mine', 'X-Token': (given: typeof env) => given.token }
    expect(await verdict(http({ url: service.url, headers }), env)).toBe('healthy')
    expect(service.faults.last()?.headers).toMatchObject({ 'user-agent': 'mine', 'x-token': 'hush' })
  })

  test('carries a header without the line feed that its secret ended with', async () => {
    expect(await headersSeen({ headers: { 'x-token': () => 'hush\n' } })).toMatchObject({ 'x-token': 'hush' })
  })

  test.each([
    ['user:pass', 'user:pass'],
    ['user', 'user:'],
    [':pass', ':pass'],
    ['us%40er:p%3Ass%2F', 'us@er:p:ss/'],
    ['user:100%', 'user:100%'],
    ['us%C3%A9r:pw', 'usér:pw'],
  ])('makes Basic of the credentials %j', async (userinfo, credentials) => {
    const url = service.url.replace('//', `//${userinfo}@`)
    expect(await headersSeen({ url })).toMatchObject({
      authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
    })
  })

  test("leaves a user's own authorization in place", async () => {
    const url = service.url.replace('//', '//user:pass@')
    const seen = await headersSeen({ url, headers: { Authorization: 'Bearer own' } })
    expect(seen).toMatchObject({ authorization: 'Bearer own' })
  })
})

describe('misconfigured is', () => {
  test.each([
    ['a URL that env lacks', { url: () => undefined as unknown as string }],
    ['a URL of nothing', { url: () => '' }],
    ['a URL that is none', { url: () => 'not a url' }],
    ['a URL of another protocol', { url: () => 'ftp://example.com/' }],
    ['a header that env lacks', { headers: { authorization: () => undefined as unknown as string } }],
    ['a header with a line feed inside', { headers: { authorization: () => 'a\nb: c' } }],
    ['a header that HTTP cannot carry', { headers: { authorization: () => 'Bearer ☃' } }],
    ['a name that HTTP cannot carry', { headers: { 'a b': 'c' } }],
  ])('%s', async (_, options) => {
    expect(await checked(options)).toBe('unhealthy: misconfigured')
    expect(service.faults.hits()).toBe(0)
  })
})

describe('a redirect', () => {
  const redirect =
    (to: string, status = 302) =>
    (_: Received, response: ServerResponse): void =>
      void response.writeHead(status, { location: to }).end('moved')

  /** Answers `/n` with a redirect to `/n-1`, and `/0` with 200. */
  const stairs: Answer = (request, response) => {
    const left = Number(request.path.slice(1))
    if (left > 0) redirect(`/${left - 1}`, 307)(request, response)
    else response.end('ground')
  }

  const from = (path: string): HttpOptions<unknown> => ({ url: service.origin + path, followRedirects: true })

  test('is not followed unless it is asked for', async () => {
    service.respond(redirect(elsewhere.url))
    expect(await checked()).toBe('unhealthy: http 302')
    expect(elsewhere.faults.hits()).toBe(0)
  })

  test.each([301, 302, 303, 307, 308])('of status %i is followed', async (status) => {
    service.respond(redirect(elsewhere.url, status))
    expect(await checked({ followRedirects: true })).toBe('healthy')
    expect(elsewhere.faults.hits()).toBe(1)
  })

  test('is followed five times', async () => {
    service.respond(stairs)
    expect(await verdict(http({ ...from('/5'), body: { contains: 'ground' } }))).toBe('healthy')
  })

  test('is not followed a sixth time, even where its status is expected', async () => {
    service.respond(stairs)
    expect(await verdict(http({ ...from('/6'), status: [200, 307] }))).toBe('unhealthy: http 307')
    expect(service.faults.hits()).toBe(6)
  })

  test('keeps the method', async () => {
    service.respond(redirect(elsewhere.url))
    expect(await checked({ followRedirects: true, method: 'HEAD' })).toBe('healthy')
    expect(elsewhere.faults.last()?.method).toBe('HEAD')
  })

  const secrets = { headers: { authorization: 'Bearer hush', 'x-token': 'hush', 'user-agent': 'mine' } }

  test('keeps the headers within the origin', async () => {
    service.respond(stairs)
    await verdict(http({ ...from('/1'), ...secrets }))
    expect(service.faults.last()).toMatchObject({ path: '/0', headers: secrets.headers })
  })

  test('to another origin drops them all, and the credentials of the URL', async () => {
    service.respond(redirect(elsewhere.url))
    await checked({ followRedirects: true, ...secrets, url: service.url.replace('//', '//user:hush@') })
    expect(JSON.stringify(elsewhere.faults.last()?.headers)).not.toContain('hush')
    expect(elsewhere.faults.last()?.headers).toMatchObject({ 'user-agent': 'allclear' })
  })

  test('back from another origin does not bring them back', async () => {
    service.respond((request, response) => {
      if (request.path === '/home') response.end('home')
      else redirect(elsewhere.url)(request, response)
    })
    elsewhere.respond(redirect(`${service.origin}/home`))
    await checked({ followRedirects: true, ...secrets })
    expect(service.faults.last()?.path).toBe('/home')
    expect(JSON.stringify(service.faults.last()?.headers)).not.toContain('hush')
  })

  test('with credentials in it is followed without them', async () => {
    service.respond(redirect(elsewhere.url.replace('//', '//user:pass@')))
    expect(await checked({ followRedirects: true })).toBe('healthy')
    expect(elsewhere.faults.last()?.headers).not.toHaveProperty('authorization')
  })

  test('within the origin brings its cookies back, and to another origin none', async () => {
    service.respond((request, response) => {
      const cookies = ['session=a/b=; Path=/; HttpOnly', 'theme=dark; Secure']
      if (request.path === '/1') response.writeHead(302, { location: '/2', 'set-cookie': cookies }).end()
      else if (request.path === '/2')
        response.writeHead(302, { location: '/3', 'set-cookie': 'theme=light' }).end()
      else if (request.path === '/3' && request.headers.cookie === 'own=1; session=a/b=; theme=light') {
        redirect(elsewhere.url)(request, response)
      } else response.writeHead(403).end()
    })
    const check = http({ ...from('/1'), headers: { cookie: 'own=1; session=old' } })
    for (let n = 0; n < 2; n += 1) expect(await verdict(check)).toBe('healthy')
    expect(elsewhere.faults.last()?.headers).not.toHaveProperty('cookie')
  })

  test.each([
    ['another port', () => elsewhere.url],
    ['another name of the same machine', () => service.url.replace('127.0.0.1', 'localhost')],
    ['with a user before the host', () => elsewhere.url.replace('//', '//127.0.0.1@')],
    ['without a scheme', () => elsewhere.url.replace('http:', '')],
    ['with backslashes', () => elsewhere.url.replace('http://', '\\\\')],
  ])('to %s is to another origin', async (_, to) => {
    service.respond((request, response) => {
      if (request.headers.host?.startsWith('localhost')) response.end('ok')
      else redirect(to())(request, response)
    })
    expect(await verdict(http({ ...from('/'), ...secrets }))).toBe('healthy')
    const seen = [elsewhere.faults.last(), service.faults.last()].filter((one) => one?.path !== '/')
    expect(JSON.stringify(seen)).not.toContain('hush')
  })

  test.each([['ftp://example.com/'], ['http://'], ['javascript:alert(1)']])(
    'to %j is judged by its status',
    async (to) => {
      service.respond(redirect(to))
      expect(await checked({ followRedirects: true })).toBe('unhealthy: http 302')
    },
  )

  test('to nowhere is judged by its status', async () => {
    answersWith(304)
    expect(await checked({ followRedirects: true })).toBe('unhealthy: http 304')
    answersWith(302)
    expect(await checked({ followRedirects: true })).toBe('unhealthy: http 302')
  })
})

describe('a body', () => {
  const body = JSON.stringify({ status: 'ok', queue: { lag: 3 }, items: [{ state: 'ready' }] })

  test.each<[string, NonNullable<HttpOptions<unknown>['body']>]>([
    ['contains a text', { contains: '"status":"ok"' }],
    ['matches an expression', { matches: /"lag":\d}/ }],
    ['matches the source of one', { matches: String.raw`"lag":\d\}` }],
    ['holds a number', { json: { path: 'queue.lag', equals: 3 } }],
    ['holds an object', { json: { path: '$.items', equals: [{ state: 'ready' }] } }],
    ['is the whole', { json: { path: '$', equals: JSON.parse(body) } }],
    [
      'does all of it',
      { contains: 'ok', matches: /ready/, json: { path: 'items[0].state', equals: 'ready' } },
    ],
  ])('is as expected when it %s', async (_, expected) => {
    answersWith(200, body)
    expect(await checked({ body: expected })).toBe('healthy')
  })

  test.each<[string, NonNullable<HttpOptions<unknown>['body']>]>([
    ['lacks the text', { contains: 'OK' }],
    ['does not match', { matches: /^ok/ }],
    ['has another number', { json: { path: 'queue.lag', equals: 4 } }],
    ['has the number as no text', { json: { path: 'queue.lag', equals: '3' } }],
    ['lacks the path', { json: { path: 'queue.lags', equals: 0 } }],
    ['lacks the path, where null is expected', { json: { path: 'queue.lags', equals: null } }],
    ['has no such thing of its own', { json: { path: 'constructor.name', equals: 'Object' } }],
    ['fails one of several', { contains: 'ok', matches: /ready/, json: { path: 'status', equals: 'no' } }],
  ])('is unexpected when it %s', async (_, expected) => {
    answersWith(200, body)
    expect(await checked({ body: expected })).toBe('unhealthy: unexpected body')
  })

  test.each([
    ['empty', ''],
    ['half a body', '{"queue":'],
    ['HTML', '<html>'],
    ['null', 'null'],
  ])('is unexpected when it should be JSON and is %s', async (_, text) => {
    answersWith(200, text)
    expect(await checked({ body: { json: { path: 'queue', equals: null } } })).toBe(
      'unhealthy: unexpected body',
    )
  })

  test('that cannot be is unexpected', async () => {
    answersWith(204)
    expect(await checked({ body: { contains: 'ok' } })).toBe('unhealthy: unexpected body')
  })

  test('is not asked for when the status is wrong', async () => {
    answersWith(503, body)
    expect(await checked({ body: { contains: 'no' } })).toBe('unhealthy: http 503')
  })

  test.each([/ok/g, /"status":"ok"/y, /\{/gy])('matches %s every time', async (matches) => {
    const check = http({ url: service.url, body: { matches } })
    answersWith(200, body)
    matches.lastIndex = 5
    expect([await verdict(check), await verdict(check), matches.lastIndex]).toEqual(
      matches.source === '"status":"ok"'
        ? ['unhealthy: unexpected body', 'unhealthy: unexpected body', 5] // Sticky means: from the start.
        : ['healthy', 'healthy', 5],
    )
  })

  test.each([
    ['atMost', { atMost: 3 }, 'healthy'],
    ['atMost, past it', { atMost: 2 }, 'unhealthy: unexpected body'],
    ['atLeast', { atLeast: 3n }, 'healthy'],
    ['atLeast, below it', { atLeast: 3.1 }, 'unhealthy: unexpected body'],
    ['both', { atLeast: 0, atMost: 5 }, 'healthy'],
    ['all three', { equals: 3, atLeast: 0, atMost: 2 }, 'unhealthy: unexpected body'],
  ])('is held against %s', async (_, bounds, found) => {
    answersWith(200, body)
    expect(await checked({ body: { json: { path: '$.queue.lag', ...bounds } } })).toBe(found)
  })

  test.each(['"3"', 'null', 'true', '[3]', '{}'])(
    'that is %s is neither more nor less than a number',
    async (text) => {
      answersWith(200, text)
      for (const bounds of [{ atMost: 9 }, { atLeast: 0 }]) {
        expect(await checked({ body: { json: { path: '$', ...bounds } } })).toBe('unhealthy: unexpected body')
      }
    },
  )

  test('is exact past 2^53', async () => {
    answersWith(200, '{"id":9007199254740993}')
    const at = (equals: number | bigint): Promise<string> =>
      checked({ body: { json: { path: 'id', equals } } })
    expect(await at(9007199254740992)).toBe('unhealthy: unexpected body')
    expect(await at(9007199254740993n)).toBe('healthy')
  })

  test('is read in its charset', async () => {
    const latin = Buffer.from('{"größe":"é"}', 'latin1')
    service.respond((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json; charset=ISO-8859-1' }).end(latin)
    })
    expect(await checked({ body: { json: { path: '$.größe', equals: 'é' } } })).toBe('healthy')
  })

  test('may begin with a byte order mark', async () => {
    answersWith(200, '\uFEFF{"a":1}')
    expect(await checked({ body: { json: { path: 'a', equals: 1 } } })).toBe('healthy')
  })
})

describe('a body without end', () => {
  /** Answers with an endless body. The promise is of the connection's end, which comes only when the client lets go. */
  const pouring = (status: number): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>()
    service.respond((_, response) => {
      const pour = (): void => void (response.destroyed || response.write('ok'.repeat(8192), pour))
      response.once('close', resolve).writeHead(status)
      pour()
    })
    return promise
  }

  test('is cut off at maxBodyBytes', async () => {
    const closed = pouring(200)
    expect(await checked({ body: { contains: 'ok' } })).toBe('unhealthy: unexpected body')
    await closed
  })

  test.each([
    ['that nobody expects anything of', 200, 'healthy'],
    ['under a wrong status', 500, 'unhealthy: http 500'],
  ])('%s is left unread', async (_, status, found) => {
    const closed = pouring(status)
    expect(await checked()).toBe(found)
    await closed
  })

  test('under a redirect is left unread', async () => {
    const { promise: closed, resolve } = Promise.withResolvers<void>()
    service.respond((_, response) => {
      response.once('close', resolve).writeHead(302, { location: elsewhere.url }).write('moved')
    })
    expect(await checked({ followRedirects: true })).toBe('healthy')
    await closed
  })
})

describe('maxBodyBytes', () => {
  test.each([
    [10, 'healthy'],
    [9, 'unhealthy: unexpected body'],
  ])('of %i for ten bytes: %s', async (maxBodyBytes, found) => {
    answersWith(200, '0123456789')
    expect(await checked({ maxBodyBytes, body: { contains: '0' } })).toBe(found)
  })

  test('counts bytes, not letters', async () => {
    answersWith(200, 'ééééé')
    expect(await checked({ maxBodyBytes: 9, body: { contains: 'é' } })).toBe('unhealthy: unexpected body')
  })

  test('is 65536 by default', async () => {
    answersWith(200, 'x'.repeat(65536))
    expect(await checked({ body: { contains: 'x' } })).toBe('healthy')
    answersWith(200, 'x'.repeat(65537))
    expect(await checked({ body: { contains: 'x' } })).toBe('unhealthy: unexpected body')
  })

  test('holds for what is unpacked, whatever Content-Length says', async () => {
    const packed = gzipSync('x'.repeat(10_000_000))
    service.respond((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': packed.length }).end(packed)
    })
    expect(packed.length).toBeLessThan(65536)
    expect(await checked({ body: { contains: 'x' } })).toBe('unhealthy: unexpected body')
  })
})

describe('no secret and no answer stands in what a failure says:', () => {
  const hush = 'hush-9f2c'
  const withSecrets = (url: string): HttpOptions<unknown> => ({
    url: () => url,
    headers: { authorization: () => `Bearer ${hush}` },
  })

  test.each([
    ['a URL of another protocol', `redis://user:${hush}@example.com/`],
    ['a URL that is none', `https//user:${hush}@example.com/`],
    ['a URL with a port that is none', `https://user:${hush}@example.com:port/`],
  ])('%s', async (_, url) => {
    expect(await privateWords(http(withSecrets(url)))).not.toContain(hush)
  })

  test('a header that HTTP cannot carry', async () => {
    const headers = { authorization: () => `${hush}\nx: y` }
    expect(await privateWords(http({ url: service.url, headers }))).not.toContain(hush)
  })

  test('a connection torn down', async () => {
    service.faults.set('down')
    const url = `${service.url.replace('//', `//user:${hush}@`)}?key=${hush}`
    expect(await privateWords(http(withSecrets(url)))).not.toContain(hush)
  })

  test.each<[string, Partial<HttpOptions<unknown>>]>([
    ['a wrong status', { status: 201 }],
    ['a text that is missing', { body: { contains: 'ok' } }],
    ['a pattern that does not match', { body: { matches: /ok/ } }],
    ['what is no JSON', { body: { json: { path: 'a', equals: 1 } } }],
    ['a body that is too long', { maxBodyBytes: 3, body: { contains: 'ok' } }],
  ])('%s', async (_, options) => {
    answersWith(200, hush)
    expect(await privateWords(http({ ...withSecrets(service.url), ...options }))).not.toContain(hush)
  })

  test('a value inside of JSON', async () => {
    service.respond((_, response) => sendJson(response, 200, { a: hush }))
    const check = http({ url: service.url, body: { json: { path: 'a', equals: 1 } } })
    expect(await privateWords(check)).not.toContain(hush)
  })
})
