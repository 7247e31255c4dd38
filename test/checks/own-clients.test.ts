import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { Redis } from 'ioredis'
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type PostgresPool, postgres } from '../../src/checks/postgres.ts'
import { redis } from '../../src/checks/redis.ts'
import { CheckFailure } from '../../src/core/check.ts'
import { privateWords, probeOf, thrown, verdict } from './verdict.ts'

interface PoolState {
  readonly total?: number
  readonly idle?: number
  readonly max?: number
  readonly query?: (text: string) => Promise<unknown>
}

const ONE = { rows: [{ one: 1 }] }
const poolOf = ({ total = 1, idle = 1, max = 10, query = async () => ONE }: PoolState): PostgresPool => ({
  totalCount: total,
  idleCount: idle,
  options: { max },
  query,
})
const never = (): Promise<never> => new Promise(() => {})

describe('a pool of the application', () => {
  test.each<[string, PoolState, string]>([
    ['has not connected yet', { total: 0, idle: 0 }, 'healthy'],
    ['has an idle connection', { total: 10, idle: 1 }, 'healthy'],
    ['may open another one', { total: 9, idle: 0 }, 'healthy'],
    ['has none left', { total: 10, idle: 0 }, 'degraded: pool saturated'],
    ['has more than it may', { total: 11, idle: 0 }, 'degraded: pool saturated'],
    ['has one, and it is taken', { total: 1, idle: 0, max: 1 }, 'degraded: pool saturated'],
    [
      'has none left, and nobody waits for one',
      { total: 10, idle: 0, query: never },
      'degraded: pool saturated',
    ],
    ['answers with a text', { query: async () => ({ rows: [{ one: '1' }] }) }, 'healthy'],
    [
      'answers with something else',
      { query: async () => ({ rows: [{ one: 2 }] }) },
      'unhealthy: unexpected body',
    ],
    ['answers with no row', { query: async () => ({ rows: [] }) }, 'unhealthy: unexpected body'],
    ['answers with nothing', { query: async () => undefined }, 'unhealthy: unexpected body'],
  ])('that %s', async (_, state, found) => {
    expect(await verdict(postgres({ pool: () => poolOf(state) }))).toBe(found)
    expect(await verdict(postgres({ pool: poolOf(state) }))).toBe(found)
  })

  test('tells of the connections in use', async () => {
    const check = postgres({ pool: () => poolOf({ total: 7, idle: 2 }) })
    expect(await probeOf(check)).toEqual({ status: 'healthy', observed: { value: 5, unit: 'connections' } })
  })

  test('is asked one query that reads', async () => {
    const query = vi.fn(async () => ONE)
    await verdict(postgres({ pool: () => poolOf({ query }) }))
    expect(query.mock.calls).toEqual([['select 1 as one']])
  })
})

describe.each<[string, (answer: () => Promise<unknown>) => Parameters<typeof verdict>[0]]>([
  ['a pool', (query) => postgres({ pool: poolOf({ query }) })],
  ['a client', (ping) => redis({ client: { ping } })],
])('%s', (_, checkOf) => {
  const failing = (error: unknown): Parameters<typeof verdict>[0] =>
    checkOf(async () => {
      throw error
    })

  test.each([
    [
      'the server refuses',
      Object.assign(new Error('no role'), { code: '28000', severity: 'FATAL' }),
      'error',
    ],
    ['Redis refuses', new Error('WRONGPASS invalid username-password pair'), 'error'],
    [
      'nothing listens',
      Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
      'connection failed',
    ],
    [
      'all addresses fail',
      Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }),
      'connection failed',
    ],
    ['the client is closed', new Error('The client is closed'), 'connection failed'],
    ['it throws no error', 'a word', 'connection failed'],
  ])('is unhealthy where %s', async (_situation, error, detail) => {
    expect(await verdict(failing(error))).toBe(`unhealthy: ${detail}`)
  })

  test('ends with the signal, and is not asked again before it has answered', async () => {
    const asked = vi.fn(never)
    const check = checkOf(asked)
    const abort = new AbortController()
    const probing = thrown(probeOf(check, {}, { signal: abort.signal }))
    abort.abort(new Error('time is up'))
    expect(await probing).toBe(abort.signal.reason)
    expect(await verdict(check)).toBe('unhealthy: timeout')
    expect(asked).toHaveBeenCalledTimes(1)
  })

  test('is asked again once it has answered', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const asked = vi.fn(async () => {
      await promise
      throw new Error('late')
    })
    const check = checkOf(asked)
    const abort = new AbortController()
    const probing = thrown(probeOf(check, {}, { signal: abort.signal }))
    abort.abort(new Error('time is up'))
    await probing
    resolve()
    await new Promise((done) => setTimeout(done))
    expect(await verdict(check)).toBe('unhealthy: connection failed')
    expect(asked).toHaveBeenCalledTimes(2)
  })
})

describe('misconfigured is', () => {
  test.each([
    ['a pool that env lacks', postgres({ pool: () => undefined as never })],
    ['a pool that is none', postgres({ pool: () => ({ query: never }) as never })],
    ['a connection string as a pool', postgres({ pool: () => 'postgres://u:p@h/db' as never })],
    ['a client that env lacks', redis({ client: () => undefined as never })],
    ['a client that is none', redis({ client: () => ({}) as never })],
    ['a pool whose function throws', postgres({ pool: () => JSON.parse('hush') as never })],
  ])('%s', async (_, check) => {
    expect(await verdict(check)).toBe('unhealthy: misconfigured')
  })
})

test('the password that a client has is in no error', async () => {
  const hush = 'hush-9f2c'
  const options = { max: 10, password: hush }
  const query = async (): Promise<never> => {
    throw new CheckFailure('error', `no ${hush}`)
  }
  expect(await privateWords(postgres({ pool: () => ({ ...poolOf({ query }), options }) }))).toBe(
    'no [redacted]',
  )
})

const hasRedis = spawnSync('redis-server', ['--version']).status === 0
if (process.env['CI'] && !hasRedis) throw new Error('CI needs redis-server')

describe.skipIf(!hasRedis)('ioredis and a real Redis', () => {
  let server: ChildProcess
  let client: Redis
  let port: number

  beforeAll(async () => {
    const free = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => free.once('listening', resolve))
    ;({ port } = free.address() as { port: number })
    await new Promise((resolve) => free.close(resolve))
    server = spawn('redis-server', ['--port', String(port), '--save', '', '--requirepass', 'hush-9f2c'], {
      stdio: 'ignore',
    })
    client = new Redis({ port, password: 'hush-9f2c', maxRetriesPerRequest: 0, retryStrategy: () => 50 })
    client.on('error', () => {})
    await new Promise((resolve) => client.once('ready', resolve))
  })
  afterAll(() => {
    client.disconnect()
    server.kill()
  })

  test('are healthy, then not, then healthy', async () => {
    const check = redis({ client: (env: { readonly client: Redis }) => env.client })
    expect(await verdict(check, { client })).toBe('healthy')
    const wrong = new Redis({
      port,
      password: 'wrong',
      lazyConnect: true,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
    })
    wrong.on('error', () => {})
    expect(await verdict(check, { client: wrong })).toMatch(/^unhealthy: (?:error|connection failed)$/)
    wrong.disconnect()
    server.kill()
    await new Promise((resolve) => server.once('exit', resolve))
    expect(await verdict(check, { client })).toBe('unhealthy: connection failed')
  })
})
