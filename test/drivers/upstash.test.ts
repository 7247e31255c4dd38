import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { isRestToken, isRestUrl, upstashClient } from '../../src/drivers/upstash.ts'
import { type LocalUpstash, startUpstash } from '../../src/local/upstash.ts'
import { thrown } from '../checks/verdict.ts'

let upstash: LocalUpstash

beforeAll(async () => void (upstash = await startUpstash({ engine: 'memory' })))
afterEach(() => upstash.faults.resetHits())
afterAll(() => upstash.close())

const { signal } = new AbortController()
const client = (): ReturnType<typeof upstashClient> => upstashClient({ ...upstash, signal })

test('a command is one request, and its answer comes as Redis gave it', async () => {
  const redis = client()
  expect(await redis.ping()).toBe('PONG')
  expect(await redis.eval("return redis.call('SET', KEYS[1], ARGV[1])", ['key'], ['{"a":"é☃"}'])).toBe('OK')
  expect(await redis.get('key')).toBe('{"a":"é☃"}')
  expect(await redis.get('none')).toBeNull()
  expect(await redis.eval("return { 0, 'text', { 1 } }", [], [])).toEqual([0, 'text', [1]])
  expect(upstash.faults.hits()).toBe(5)
})

test("an error of Redis is told in Redis's words", async () => {
  expect(await thrown(client().eval('nonsense', [], []))).toMatchObject({
    detail: 'error',
    message: expect.stringMatching(/^ERR .*, command was: \["eval","nonsense",0\]$/),
  })
})

test('a slash at the end of the URL does not count', async () => {
  const fetch = vi.spyOn(globalThis, 'fetch')
  const { url, token } = upstash
  await upstashClient({ url: `${url}/`, token, signal }).ping()
  expect(fetch.mock.calls[0]?.[0]).toBe(url)
  fetch.mockRestore()
})

describe('what cannot be used is refused before anything is sent', () => {
  test.each([
    ['https://eu1-a-1.upstash.io', true],
    ['http://127.0.0.1:8079/redis', true],
    ['https://db.example.com/@home', true],
    ['HTTPS://db.example.com', false],
    ['https://user@db.example.com', false],
    ['https://:pass@db.example.com', false],
    ['https://db.example.com/a b', false],
    ['rediss://db.example.com', false],
    ['https://', false],
    ['https://.', false],
    ['db.example.com', false],
  ])('%j as a URL: %s', (url, isUsable) => {
    expect(isRestUrl(url)).toBe(isUsable)
    const make = (): unknown => upstashClient({ url, token: 'token', signal })
    if (isUsable) make()
    else expect(make).toThrow('url: expected an http(s) URL without credentials')
  })

  test.each([
    ['AX==', true],
    ['', false],
    ['A X', false],
    ['☃', false],
  ])('%j as a token: %s', (token, isUsable) => {
    expect(isRestToken(token)).toBe(isUsable)
    const make = (): unknown => upstashClient({ url: 'https://db.example.com', token, signal })
    if (isUsable) make()
    else expect(make).toThrow('token: expected a token')
  })
})
