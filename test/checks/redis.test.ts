import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { redis } from '../../src/checks/redis.ts'
import type { Check } from '../../src/core/check.ts'
import { defineHealth } from '../../src/core/define.ts'
import { sendJson } from '../../src/local/server.ts'
import { type LocalService, startService } from '../../src/local/service.ts'
import { type LocalUpstash, startUpstash } from '../../src/local/upstash.ts'
import { privateWords, probeOf, thrown, verdict } from './verdict.ts'

let upstash: LocalUpstash
let service: LocalService
const hush = 'hush-9f2c'

beforeAll(async () => {
  upstash = await startUpstash({ engine: 'memory' })
  service = await startService()
})
afterEach(() => {
  upstash.faults.mend()
  upstash.faults.resetHits()
  service.respond()
  vi.restoreAllMocks()
})
afterAll(() => Promise.all([upstash.close(), service.close()]))

const env = (): { url: string; token: string } => ({ url: upstash.url, token: upstash.token })
const check = (): Check<unknown> => redis(env())

/** The check of a server that gives this answer to every request. */
const answered = (status: number, body: string): Check<unknown> => {
  service.respond((_, response) => void response.writeHead(status).end(body))
  return redis({ url: service.origin, token: hush })
}

describe('a Redis is healthy', () => {
  test('with url and token from env', async () => {
    const fromEnv = redis({
      url: (given: { url: string; token: string }) => given.url,
      token: (given) => given.token,
    })
    expect(await verdict(fromEnv, env())).toBe('healthy')
  })

  test('with the line feed that its token ended with', async () => {
    const warn = vi.spyOn(console, 'warn')
    expect(await verdict(redis({ ...env(), token: () => `${upstash.token}\n` }))).toBe('healthy')
    expect(warn).not.toHaveBeenCalled()
  })

  test('slower than 50 ms no longer, by default', () => {
    expect(check().defaults).toEqual({ degradedAboveMs: 50 })
  })
})

test('it is one PING in one request, that changes and tells nothing', async () => {
  await verdict(check())
  expect(upstash.faults.hits()).toBe(1)
  expect(upstash.faults.last()).toMatchObject({ method: 'POST', path: '/', body: '["ping"]' })
  const headers = Object.keys(upstash.faults.last()?.headers ?? {})
  expect(headers.filter((name) => /telemetry|sync/.test(name))).toEqual([])
})

describe('a Redis is unhealthy', () => {
  test.each([
    ['down', 'connection failed'],
    ['wrong', 'unexpected body'],
  ] as const)('when it is %s, after one attempt', async (mode, detail) => {
    upstash.faults.set(mode)
    expect(await verdict(check())).toBe(`unhealthy: ${detail}`)
    expect(upstash.faults.hits()).toBe(1)
  })

  test('when its token is wrong, and Redis says why in private', async () => {
    const wrong = redis({ ...env(), token: hush })
    expect(await verdict(wrong)).toBe('unhealthy: error')
    expect(await privateWords(wrong)).toContain('WRONGPASS')
  })

  test.each([
    ['something else', JSON.stringify({ result: 'PANG' })],
    ['another case', JSON.stringify({ result: 'pong' })],
    ['PONG with more', JSON.stringify({ result: 'PONG ' })],
    ['PONG in quotes', JSON.stringify({ result: '"PONG"' })],
    ['a list', JSON.stringify({ result: ['PONG'] })],
    ['null', '{"result":null}'],
    ['half a body', '{"result":"PO'],
  ])('when it answers %s', async (_, body) => {
    expect(await verdict(answered(200, body))).toBe('unhealthy: unexpected body')
  })

  test.each([
    ['an error under 200', 200, '{"error":"ERR max requests limit exceeded"}', 'error'],
    ['an error', 400, '{"error":"ERR max requests limit exceeded"}', 'error'],
    ['a page', 502, '<html>', 'unexpected body'],
    ['null', 500, 'null', 'unexpected body'],
    ['PONG', 500, JSON.stringify({ result: 'PONG' }), 'error'],
  ])('when it answers %s with status %i', async (_, status, body, detail) => {
    expect(await verdict(answered(status, body))).toBe(`unhealthy: ${detail}`)
  })

  test('when its answer is longer than 1 MB', async () => {
    const long = JSON.stringify({ result: 'PONG'.padEnd(2 ** 20) })
    expect(await verdict(answered(200, long))).toBe('unhealthy: unexpected body')
  })

  test('when the answer breaks off', async () => {
    service.respond((_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"result":', () => response.destroy())
    })
    expect(await verdict(redis({ url: service.origin, token: hush }))).toBe('unhealthy: connection failed')
  })
})

test('a signal that is over already sends nothing', async () => {
  const reason = new DOMException('time is up', 'TimeoutError')
  expect(await thrown(probeOf(check(), {}, { signal: AbortSignal.abort(reason) }))).toBe(reason)
  expect(upstash.faults.hits()).toBe(0)
})

const unusable: readonly (readonly [
  string,
  { readonly url?: string | undefined; readonly token?: string | undefined },
])[] = [
  ['a URL that env lacks', { url: undefined }],
  ['the URL of the other protocol', { url: `rediss://default:${hush}@db.upstash.io:6379` }],
  ['a URL with credentials', { url: `https://default:${hush}@db.upstash.io` }],
  ['a URL that is none', { url: `https//${hush}` }],
  ['a URL that only the driver refuses', { url: `HTTPS://db.upstash.io/${hush}` }],
  ['a token that env lacks', { token: undefined }],
  ['an empty token', { token: '' }],
  ['a token of white space', { token: ' \n' }],
  ['a token of two lines', { token: `${hush}\n${hush}` }],
  ['a token that HTTP cannot carry', { token: `${hush}☃` }],
]

describe('misconfigured is', () => {
  const given = (options: object): Check<unknown> => {
    const { url, token } = { ...env(), ...options }
    return redis({ url: () => url, token: () => token })
  }

  test.each(unusable)('%s, before anything is sent', async (_, options) => {
    expect(await verdict(given(options))).toBe('unhealthy: misconfigured')
    expect(upstash.faults.hits()).toBe(0)
  })

  test.each(unusable)('%s, and nobody is told what it was', async (_, options) => {
    const warn = vi.spyOn(console, 'warn')
    expect(await privateWords(given(options))).not.toContain(hush)
    expect(warn).not.toHaveBeenCalled()
  })
})

describe('no token and no answer stands in what a failure says:', () => {
  test('an error that repeats the header', async () => {
    service.respond(({ headers }, response) =>
      sendJson(response, 400, { error: `no ${headers.authorization}` }),
    )
    const said = await privateWords(redis({ url: service.origin, token: hush }))
    expect(said).toContain('no Bearer [redacted]')
    expect(said).not.toContain(hush)
  })

  test.each([
    ['an answer that is no JSON', 200],
    ['an error that is no JSON', 502],
  ])('%s', async (_, status) => {
    expect(await privateWords(answered(status, `<html>${hush}`))).not.toContain(hush)
  })

  test('an answer that is not PONG', async () => {
    expect(await privateWords(answered(200, JSON.stringify({ result: hush })))).not.toContain(hush)
  })
})

test.each(['redis', 'rediss'])(
  'a URL of %s:// is told that the REST URL is wanted, and is not repeated',
  async (scheme) => {
    const url = `${scheme}://default:${hush}@db.upstash.io:6379`
    const wanted = /url: expected the REST URL of the database/
    expect(() => defineHealth({ checks: { it: redis({ url, token: hush }) } })).toThrow(wanted)
    const said = await privateWords(redis({ url: () => url, token: hush }))
    expect(said).toMatch(wanted)
    expect(said).not.toContain(hush)
  },
)
