import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type RedisEngine, startRedis } from '../../src/local/redis.ts'
import { type LocalUpstash, startUpstash } from '../../src/local/upstash.ts'
import { type UpstashKey, type UpstashKeyOptions, upstashKey } from '../../src/stores/upstash-key.ts'
import { command, engine, engines, stillTime, watchCommands } from './upstash.scene.ts'

afterEach(() => vi.restoreAllMocks())

const WITHIN_MS = 10_000

/** A key that holds a number. */
function counter(options: Partial<UpstashKeyOptions<number>>): UpstashKey<number> {
  return upstashKey({
    url: 'http://redis.test',
    token: 'token',
    key: 'counter',
    parse: (text) => Number(text) || 0,
    format: String,
    expireAfterMs: 60_000,
    ...stillTime(),
    ...options,
  })
}

const add = (to: UpstashKey<number>, amount = 1): Promise<number> =>
  to.update((value) => [value + amount, value + amount], WITHIN_MS)

describe.each(engines)('a key on %s', (its) => {
  let upstash: LocalUpstash
  beforeAll(async () => void (upstash = await startUpstash({ engine: its })))
  afterAll(() => upstash?.close())

  let keys = 0
  /** A new key, and as many processes that know it as are asked for. */
  function open() {
    const key = `key ${(keys += 1)}`
    const join = (options: Partial<UpstashKeyOptions<number>> = {}) =>
      counter({ url: upstash.url, token: upstash.token, key, ...options })
    const redis = (name: string, ...words: unknown[]) => command(upstash, name, key, ...words)
    return { key, join, redis }
  }

  test('an update looks once, and then goes by what it knows', async () => {
    const mine = open().join()
    const sent = watchCommands()
    expect([await add(mine), await add(mine), await add(mine)]).toEqual([1, 2, 3])
    expect(sent).toEqual(['get', 'eval', 'eval', 'eval'])
  })

  test('what another wrote meanwhile is found by the attempt itself', async () => {
    const { join } = open()
    const [mine, other] = [join(), join()]
    await add(mine)
    await add(other, 10)
    const sent = watchCommands()
    expect(await add(mine)).toBe(12)
    expect(sent).toEqual(['eval', 'eval'])
  })

  test('what changes nothing is looked up, and not written', async () => {
    const { join, redis } = open()
    const [mine, other] = [join(), join()]
    await add(mine)
    await add(other, 10)
    const before = await redis('GET')
    const sent = watchCommands()
    expect(await mine.update((value) => [value, value], WITHIN_MS)).toBe(11)
    expect(sent).toEqual(['get'])
    expect(await redis('GET')).toBe(before)
  })

  test('a race that is lost twice is followed by a pause, longer each time, and lost eight times it is over', async () => {
    const { join } = open()
    const [rival, time] = [join(), stillTime()]
    let isMine = true
    const sent = watchCommands(async (name) => {
      if (name !== 'eval' || !isMine) return
      isMine = false
      await add(rival)
      isMine = true
    })
    const mine = join({ ...time, random: () => 0.5 })
    await expect(add(mine, 100)).rejects.toThrow(/^others were first each of the 8 times/)
    expect(time.slept).toEqual([50, 100, 200])
    expect(sent.filter((name) => name === 'get')).toHaveLength(2) // One of each.
    expect(await rival.read(WITHIN_MS)).toBe(8)
  })

  test('who knows a value from before a deletion cannot replace the one from after it', async () => {
    const { join, redis } = open()
    const [old, young] = [join(), join()]
    await add(old)
    await redis('DEL')
    await add(young, 1000)
    expect(await add(old)).toBe(1001)
    await redis('DEL')
    expect(await add(old)).toBe(1)
  })

  test('no version comes twice', async () => {
    const { join, redis } = open()
    const mine = join()
    const versions = new Set()
    for (let index = 0; index < 20; index += 1) {
      if (index % 3 === 0) await redis('DEL')
      await add(mine)
      versions.add((await redis('GET')).split(' ')[0])
    }
    expect(versions.size).toBe(20)
  })

  test('every write puts the expiry off', async () => {
    const { join, redis } = open()
    const mine = join({ expireAfterMs: 50_000 })
    for (const leftMs of [undefined, 1000]) {
      if (leftMs !== undefined) await redis('PEXPIRE', leftMs)
      await add(mine)
      expect(await redis('PTTL')).toBeGreaterThan(40_000)
      expect(await redis('PTTL')).toBeLessThanOrEqual(50_000)
    }
  })

  test.each([
    ['an empty text', ''],
    ['a text', 'hello'],
    ['a text like a version', 'c0ffee'],
    ['a version and nothing', 'c0ffee '],
    ['hexadecimal words', 'dead beef'],
    ['a version of another kind', 'v7 41'],
    ['a number', '41'],
    ['text beyond ASCII', 'é☃😀 7'],
    ['lines', 'ab\ncd ef'],
  ])('%s that somebody left there is nothing, and is overwritten', async (_, text) => {
    const { join, redis } = open()
    const mine = join()
    await add(mine, 1000)
    await redis('SET', text)
    expect(await join().read(WITHIN_MS)).toBe(0)
    expect(await add(mine)).toBe(1)
    await redis('SET', text)
    expect(await add(join())).toBe(1)
    expect(await join().read(WITHIN_MS)).toBe(1)
  })

  test('so is what is no text at all', async () => {
    const { join, redis } = open()
    const mine = join()
    await add(mine)
    await redis('DEL')
    await redis('LPUSH', 'item')
    expect(await join().read(WITHIN_MS)).toBe(0)
    expect(await add(mine)).toBe(1)
    expect(await join().read(WITHIN_MS)).toBe(1)
  })

  test('so are bytes that are no text', async () => {
    const { key, join } = open()
    await command(upstash, 'EVAL', `redis.call('SET', KEYS[1], '\\255\\254 7')`, 1, key)
    expect(await add(join())).toBe(1)
  })

  test('a value of 300 kB comes through', async () => {
    const { key } = open()
    const long = upstashKey<string>({
      ...stillTime(),
      url: upstash.url,
      token: upstash.token,
      key,
      parse: (text) => text,
      format: (text) => text,
      expireAfterMs: 60_000,
    })
    const text = 'é"\\ \u0000\n'.repeat(50_000)
    await long.update(() => [text, undefined], WITHIN_MS)
    expect((await long.read(WITHIN_MS)) === text).toBe(true)
  })
})

describe('32 writers at once', () => {
  // Most of a request's time goes into HTTP on one loopback, so it is left out here and the writers meet at Redis.
  let redis: RedisEngine
  beforeAll(async () => void (redis = await startRedis(engine)))
  afterAll(() => redis?.close())

  const encoded = (reply: any): any => {
    if (Array.isArray(reply)) return reply.map(encoded)
    return typeof reply === 'object' || typeof reply === 'string' ? Buffer.from(reply).toString() : reply
  }

  const OPERATIONS = engine === 'redis-server' ? 10_000 : 1000

  test(`make ${OPERATIONS} updates: none is lost, and none is made twice`, { timeout: 120_000 }, async () => {
    let requests = 0
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (_, init) => {
      requests += 1
      const outcome = await redis.run((JSON.parse(init?.body as string) as unknown[]).map(String))
      if ('error' in outcome) return Response.json(outcome, { status: 400 })
      return Response.json({ result: outcome.result === null ? null : encoded(outcome.result) })
    })
    const options = {
      random: Math.random,
      sleep: (ms: number) => new Promise<void>((r) => setTimeout(r, ms)),
    }
    const seen = new Set<number>()
    const writing = Array.from({ length: 32 }, async (_, writer) => {
      const mine = counter(options)
      for (let turns = Math.floor((OPERATIONS + writer) / 32); turns > 0; turns -= 1) {
        // A writer that gave up has written nothing, and tries again.
        let sum: number | undefined
        while (sum === undefined) sum = await add(mine).catch(ifCrowded)
        seen.add(sum)
      }
    })
    await Promise.all(writing)
    expect(seen.size).toBe(OPERATIONS)
    expect(await counter({}).read(WITHIN_MS)).toBe(OPERATIONS)
    expect(requests).toBeGreaterThan(OPERATIONS * 1.1) // They did get in each other's way.
  })
})

function ifCrowded(error: Error): undefined {
  if (!error.message.startsWith('others were first')) throw error
}
