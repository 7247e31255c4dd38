import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { isRestToken, isRestUrl, upstashClient } from '../../src/drivers/upstash.ts'
import { type LocalUpstash, startUpstash } from '../../src/local/upstash.ts'
import { upstashKey } from '../../src/stores/upstash-key.ts'
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
    else expect(make).toThrow('url: expected the REST URL of the database, http(s) and without credentials')
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

test('a write whose answer was lost is sent once more, and counts once', async () => {
  const key = upstashKey<number>({
    ...upstash,
    key: 'counter',
    parse: Number,
    format: String,
    expireAfterMs: 60_000,
    elapsed: () => performance.now(),
    random: Math.random,
    sleep: async () => {},
  })
  const add = (): Promise<number> => key.update((value) => [value + 1, value + 1], 5000)
  expect(await add()).toBe(1)
  const sent = globalThis.fetch
  let isLost = false
  const lossy = vi.spyOn(globalThis, 'fetch').mockImplementation(async (...request) => {
    const answer = await sent(...request)
    if (isLost) return answer
    isLost = true
    await answer.body?.cancel()
    throw new TypeError('fetch failed')
  })
  expect(await add()).toBe(2)
  lossy.mockRestore()
  expect(isLost).toBe(true)
  expect(await add()).toBe(3)
  expect(await key.read(5000)).toBe(3)
})
