import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, rmdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from '@upstash/redis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { startUpstash } from '../../src/local/upstash.ts'
import type { LocalUpstash } from '../../src/local/upstash.ts'
import { inCi } from '../ci.ts'

afterEach(() => vi.unstubAllEnvs())

const installed = spawnSync('redis-server', ['--version']).status === 0

const client = ({ url, token }: Pick<LocalUpstash, 'url' | 'token'>, more: object = {}): Redis =>
  new Redis({
    url,
    token,
    retry: { retries: 0 },
    enableAutoPipelining: false,
    enableTelemetry: false,
    readYourWrites: false,
    ...more,
  })

/** A script like that of the state store: it writes only if the value is unchanged. */
const compareAndSet = `
  local version = redis.call('HGET', KEYS[1], 'version') or '0'
  if version ~= ARGV[1] then return { 0, version } end
  redis.call('HSET', KEYS[1], 'version', tonumber(version) + 1, 'state', ARGV[2])
  return { 1, redis.call('HGET', KEYS[1], 'version') }`

describe.each(['redis-server', 'memory'] as const)('on %s', (engine) => {
  // With CI set, a missing redis-server must fail the tests.
  describe.skipIf(engine === 'redis-server' && !installed && !inCi)('the real driver', () => {
    let upstash: LocalUpstash
    let redis: Redis

    beforeAll(async () => {
      upstash = await startUpstash({ engine })
      redis = client(upstash)
    })
    beforeEach(() => redis.flushdb())
    afterEach(() => upstash.faults.mend())
    afterAll(() => upstash?.close())

    test('is told PONG by the engine asked for', async () => {
      expect(upstash.engine).toBe(engine)
      expect(await redis.ping()).toBe('PONG')
      expect(upstash.faults.last()).toMatchObject({ method: 'POST', path: '/', body: '["ping"]' })
    })

    test('keeps strings, numbers, JSON and binary safe', async () => {
      expect(await redis.set('text', 'é✓ and "quotes"')).toBe('OK')
      expect(await redis.get('text')).toBe('é✓ and "quotes"')
      await redis.set('json', { a: [1, null] })
      expect(await redis.get('json')).toEqual({ a: [1, null] })
      expect(await redis.incrby('n', 41)).toBe(41)
      expect(await redis.get('nothing')).toBeNull()
      expect(await redis.mget('text', 'nothing')).toEqual(['é✓ and "quotes"', null])
    })

    test('reads plain text when it asks for no base64', async () => {
      const plain = client(upstash, { responseEncoding: false })
      expect(await plain.set('k', 'né')).toBe('OK')
      expect(await plain.get('k')).toBe('né')
    })

    test('keeps hashes, and lets keys expire', async () => {
      expect(await redis.hset('h', { a: '1', b: 'two' })).toBe(2)
      expect(await redis.hgetall('h')).toEqual({ a: 1, b: 'two' })
      expect(await redis.ttl('h')).toBe(-1)
      expect(await redis.pexpire('h', 60_000)).toBe(1)
      expect(await redis.pttl('h')).toBeGreaterThan(50_000)
    })

    test('heeds the options of SET, also in Lua', async () => {
      expect(await redis.set('k', 'first', { nx: true, px: 60_000 })).toBe('OK')
      expect(await redis.set('k', 'second', { nx: true })).toBeNull()
      expect(await redis.pttl('k')).toBeGreaterThan(50_000)
      expect(await redis.getex('k', { persist: true })).toBe('first')
      expect(await redis.pttl('k')).toBe(-1)
      expect(await redis.eval("return redis.call('set', KEYS[1], 'third', 'nx')", ['k'], [])).toBeNull()
      await redis.eval("redis.call('set', KEYS[1], ARGV[1], 'px', 60000)", ['k'], ['third'])
      expect(await redis.pttl('k')).toBeGreaterThan(50_000)
    })

    test('pipelines, where one error spoils only itself', async () => {
      const pipeline = redis.pipeline().set('k', 'text').lpush('k', 'item').get('k')
      expect(await pipeline.exec({ keepErrors: true })).toMatchObject([
        { result: 'OK' },
        { error: 'WRONGTYPE Operation against a key holding the wrong kind of value' },
        { result: 'text' },
      ])
      expect(upstash.faults.last()?.path).toBe('/pipeline')
    })

    test('runs a transaction that nothing gets into', async () => {
      const twice = () => redis.multi().incr('n').incr('n').get('n').exec()
      expect(await Promise.all([twice(), twice()])).toEqual([
        [1, 2, 2],
        [3, 4, 4],
      ])
      expect(upstash.faults.last()?.path).toBe('/multi-exec')
    })

    test('runs no part of a transaction that has a fault in it', async () => {
      const transaction = await fetch(`${upstash.url}/multi-exec`, {
        method: 'POST',
        headers: { authorization: `Bearer ${upstash.token}` },
        body: JSON.stringify([['SET', 'k', 'v'], ['NOSUCH']]),
      })
      expect([transaction.status, await transaction.json()]).toEqual([
        400,
        { error: 'EXECABORT Transaction discarded because of previous errors.' },
      ])
      expect(await redis.exists('k')).toBe(0)
    })

    test('compares and sets in Lua: of many at once, one wins', async () => {
      const set = (version: string, state: string) => redis.eval(compareAndSet, ['cell'], [version, state])
      const outcomes = await Promise.all(['a', 'b', 'c', 'd'].map((state) => set('0', state)))
      expect(outcomes).toEqual([
        [1, 1],
        [0, 1],
        [0, 1],
        [0, 1],
      ])
      expect(await set('1', 'later')).toEqual([1, 2])
      expect(await redis.hget('cell', 'state')).toBe('later')
    })

    test('runs a script by its hash once the server knows it', async () => {
      const known = await redis.scriptLoad(compareAndSet)
      expect(await redis.evalsha(known, ['cell'], ['0', 'x'])).toEqual([1, 1])
      expect(await redis.scriptExists(known, '0'.repeat(40))).toEqual([1, 0])
      await expect(redis.evalsha('0'.repeat(40), [], [])).rejects.toThrow('NOSCRIPT No matching script')
    })

    test('learns a hash from EVAL too', async () => {
      const script = 'return { ARGV[1], false, 2.9 }'
      expect(await redis.eval(script, [], ['x'])).toEqual(['x', null, 2])
      const hash = createHash('sha1').update(script).digest('hex')
      expect(await redis.evalsha(hash, [], ['y'])).toEqual(['y', null, 2])
    })

    test('is told what is wrong with a command', async () => {
      await expect(redis.exec(['nosuch'])).rejects.toMatchObject({
        name: 'UpstashError',
        message: expect.stringMatching(/^ERR unknown command 'nosuch'/i),
      })
      await expect(redis.exec(['subscribe', 'c'])).rejects.toThrow(
        "ERR Command is not available: 'subscribe'",
      )
      await expect(redis.eval('not lua', [], [])).rejects.toThrow(/^ERR /)
      expect(await redis.ping()).toBe('PONG')
    })

    test('with a wrong token is refused', async () => {
      await expect(client({ url: upstash.url, token: 'guess' }).ping()).rejects.toMatchObject({
        name: 'UpstashError',
        message: 'WRONGPASS invalid or missing auth token, command was: ["ping"]',
      })
      expect((await fetch(`${upstash.url}/ping`)).status).toBe(401)
    })

    test('may also say it with the path', async () => {
      const say = async (path: string, init: RequestInit = {}): Promise<unknown> => {
        const headers = { authorization: `Bearer ${upstash.token}` }
        return await (await fetch(`${upstash.url}${path}`, { ...init, headers })).json()
      }
      expect(await say('/ping')).toEqual({ result: 'PONG' })
      expect(await say('/set/a%20key/a%2Fb?EX=100', { method: 'POST' })).toEqual({ result: 'OK' })
      expect(await say('/get/a%20key')).toEqual({ result: 'a/b' })
      expect(await say('/set/k?EX=100', { method: 'POST', body: 'from the body' })).toEqual({ result: 'OK' })
      expect(await say('/get/k')).toEqual({ result: 'from the body' })
      expect(await say('/ttl/k')).toEqual({ result: 100 })
      expect(await say('/', { method: 'POST', body: '{' })).toEqual({ error: 'ERR failed to parse command' })
      expect(await say('/pipeline', { method: 'POST', body: '["ping"]' })).toEqual({
        error: 'ERR failed to parse pipeline request',
      })
    })

    test('hears PANG from one that is wrong, alone and in a pipeline', async () => {
      upstash.faults.set('wrong')
      expect(await redis.ping()).toBe('PANG')
      expect(await redis.pipeline().ping().ping().exec()).toEqual(['PANG', 'PANG'])
    })

    test('fails to fetch from one that is down', async () => {
      upstash.faults.set('down')
      upstash.faults.resetHits()
      await expect(redis.ping()).rejects.toMatchObject({ name: 'TypeError', message: 'fetch failed' })
      expect(upstash.faults.hits()).toBe(1)
    })

    test('gives up on one that hangs when its signal says so', async () => {
      upstash.faults.set('hang')
      upstash.faults.resetHits()
      const patience = new AbortController()
      const asked = client(upstash, { signal: () => patience.signal }).ping()
      const gaveUp = expect(asked).rejects.toMatchObject({ name: 'TimeoutError' })
      await upstash.faults.arrived(1)
      patience.abort(new DOMException('too long', 'TimeoutError'))
      await gaveUp
    })
  })
})

test('by default it is redis-server where there is one', async () => {
  const upstash = await startUpstash()
  expect(upstash.engine).toBe(installed ? 'redis-server' : 'memory')
  await upstash.close()
})

test('where redis-server does not start, only the default makes do with memory', async () => {
  vi.stubEnv('PATH', '')
  await expect(startUpstash({ engine: 'redis-server' })).rejects.toMatchObject({ code: 'ENOENT' })
  const upstash = await startUpstash()
  expect(upstash.engine).toBe('memory')
  await upstash.close()
})

test('no two of them share anything, and closing leaves no folder', async () => {
  // Test files that run at the same time make folders too, so this test looks in its own.
  const folder = await mkdtemp(join(tmpdir(), 'test-'))
  vi.stubEnv('TMPDIR', folder)
  const engines = ['auto', 'auto', 'memory', 'memory'] as const
  const all = await Promise.all(engines.map((engine) => startUpstash({ engine })))
  const clients = all.map((upstash) => client(upstash))
  for (const redis of clients) expect(await redis.set('k', 'mine', { nx: true })).toBe('OK')
  expect(await readdir(folder)).toHaveLength(installed ? 2 : 0)
  await Promise.all(all.map((upstash) => upstash.close()))
  expect(await readdir(folder)).toEqual([])
  await rmdir(folder)
})

test.runIf(installed)('a process that is killed leaves no redis-server and no folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'test-'))
  const module = join(import.meta.dirname, '../../src/local/upstash.ts')
  const script = `import { startUpstash } from ${JSON.stringify(module)}; await startUpstash(); console.log('up')`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  const [left] = await readdir(folder)
  const socket = join(folder, left ?? '', 'redis.sock')
  const redis = connect(socket)
  await once(redis, 'connect')
  const ended = once(redis, 'close')
  child.kill('SIGKILL')
  await ended
  await vi.waitUntil(async () => (await readdir(folder)).length === 0)
  await rmdir(folder)
})
