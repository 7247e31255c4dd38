import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type HealthOptions, custom, defineHealth, disk } from '../../src/index.ts'
import { startService } from '../../src/local/service.ts'
import { startServer } from '../../src/local/server.ts'
import { type NodeOptions, onNode } from '../../src/node.ts'
import { memory } from '../../src/stores/memory.ts'
import { checkOf } from '../health.ts'

const good = custom(async () => {})
const closing: (() => unknown)[] = []
afterEach(async () => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  for (const close of closing.splice(0)) await close()
})

/** Here, in this process. */
async function start(
  checks: HealthOptions<any>['checks'],
  definition: Omit<HealthOptions<any>, 'checks'> = {},
  options: Partial<NodeOptions> = {},
) {
  const health = defineHealth({ ...definition, checks })
  const node = await onNode(health, { port: 0, hostname: '127.0.0.1', ...options })
  closing.push(node.close)
  return node
}

interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

/** Over a connection of its own, unless an agent keeps some. */
function ask(
  url: string,
  { agent, headers = {} }: { agent?: Agent; headers?: object } = {},
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const asked = get(url, { agent: agent ?? false, headers: { ...headers } }, (response) => {
      const { statusCode = 0, headers } = response
      text(response).then((body) => resolve({ status: statusCode, headers, body }), reject)
    })
    asked.on('error', reject)
  })
}

/** A check that answers when it is let. */
function held() {
  const asked = Promise.withResolvers<void>()
  const allowed = Promise.withResolvers<void>()
  const check = checkOf(async () => {
    asked.resolve()
    await allowed.promise
  })
  return { check, asked: asked.promise, release: allowed.resolve }
}

describe('it', () => {
  test('listens where it says, and gives checks and the token the variables of the process', async () => {
    vi.stubEnv('ALLCLEAR_TOKEN', 'open sesame')
    vi.stubEnv('QUEUE_URL', 'https://queue.example.com')
    const check = checkOf(async ({ env }) => ({
      status: 'degraded',
      detail: 'asked',
      error: typeof env.QUEUE_URL,
    }))
    const { url } = await start({ check })
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    const { status, body } = await ask(`${url}/readyz`, { headers: { Authorization: 'Bearer open sesame' } })
    expect([status, JSON.parse(body)]).toMatchObject([
      200,
      { status: 'degraded', checks: { check: { error: 'string' } } },
    ])
    expect(JSON.parse(body), 'the memory of the one process is the truth').not.toHaveProperty('state')
  })

  test.each([
    [undefined, /^http:\/\/localhost:\d+$/],
    ['0.0.0.0', /^http:\/\/localhost:\d+$/],
    ['localhost', /^http:\/\/localhost:\d+$/],
    ['::1', /^http:\/\/\[::1\]:\d+$/],
  ])('on %s is reached at %s', async (hostname, url) => {
    const health = defineHealth({ checks: { good } })
    const node = await onNode(health, { port: 0, ...(hostname === undefined ? {} : { hostname }) })
    closing.push(node.close)
    expect(node.url).toMatch(url)
    expect(await ask(`${node.url}/healthz`)).toMatchObject({ status: 200, body: '{"status":"healthy"}' })
  })

  test('says in one line that a port is taken', async () => {
    const other = await startServer(() => {})
    closing.push(other.close)
    const before = process.listenerCount('SIGTERM')
    await expect(start({ good }, {}, { port: other.port })).rejects.toThrow(
      `port ${other.port} of 127.0.0.1 is taken`,
    )
    expect(process.listenerCount('SIGTERM')).toBe(before)
  })

  test.each([70_000, NaN, -1])('refuses port %d', async (port) => {
    await expect(start({ good }, {}, { port })).rejects.toThrow(/^cannot listen on port .*: .*port/)
  })

  test('keeps the state where it is told to', async () => {
    const health = defineHealth({ checks: { good } })
    const store = memory(health, Date.now)
    const begin = vi.spyOn(store, 'begin')
    const { url } = await start({ good }, {}, { store })
    expect((await ask(`${url}/readyz`)).status).toBe(200)
    expect(begin).toHaveBeenCalledOnce()
  })

  test('checks by itself when its store is lost, and says so', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const store = {
      ...memory(defineHealth({ checks: { good } }), Date.now),
      begin: () => Promise.reject(new Error()),
    }
    const { url } = await start({ good }, {}, { store })
    expect(JSON.parse((await ask(`${url}/readyz`)).body)).toMatchObject({ status: 'healthy', state: 'local' })
  })

  test('measures the disks of this machine with no exporter', async () => {
    const { url } = await start({ root: disk({ path: '/', degraded: 100, unhealthy: 100 }) })
    expect(JSON.parse((await ask(`${url}/readyz/root`)).body)).toMatchObject({
      status: 'healthy',
      detail: '',
    })
  })

  test('has one cell, whatever regions the definition names', async () => {
    const { url } = await start({ good }, { regions: ['weur', 'enam'], quorum: 'all' })
    const { body } = await ask(`${url}/readyz`)
    expect(JSON.parse(body)).toMatchObject({ status: 'healthy' })
    expect(JSON.parse(body)).not.toHaveProperty('regions')
    expect(await ask(`${url}/readyz?region=weur`)).toMatchObject({ status: 400 })
  })
})

describe('close', () => {
  test('answers what is in flight, and then nobody', async () => {
    const { check, asked, release } = held()
    const { url, close } = await start({ check })
    // One that would keep its connections.
    const agent = new Agent({ keepAlive: true })
    const inFlight = ask(`${url}/readyz`, { agent })
    await asked
    const arriving = ask(`${url}/healthz`, { agent })
    const closed = close()
    release()
    const ends = { headers: { connection: 'close' } }
    expect(await inFlight).toMatchObject({ status: 200, ...ends })
    expect(await arriving, 'what the process has not looked at yet').toMatchObject({ status: 200, ...ends })
    await closed
    await expect(ask(`${url}/healthz`)).rejects.toThrow('ECONNREFUSED')
  })

  test('does not wait for others to notice, nor for connections that are kept', async () => {
    const agent = new Agent({ keepAlive: true })
    const { url, close } = await start({ good }, {}, { drainMs: 3_600_000 })
    await ask(`${url}/healthz`, { agent })
    await close()
    await expect(ask(`${url}/healthz`, { agent })).rejects.toThrow(/ECONN|socket hang up/)
  })

  test('may be called again, and gives the signals back', async () => {
    const before = ['SIGTERM', 'SIGINT'].map((signal) => process.listenerCount(signal))
    const { close } = await start({ good })
    await Promise.all([close(), close()])
    await close()
    expect(['SIGTERM', 'SIGINT'].map((signal) => process.listenerCount(signal))).toEqual(before)
  })
})

describe('in the background', () => {
  /** Rounds that began, with a clock that the test turns. */
  async function rounds(definition: Omit<HealthOptions<any>, 'checks'>, random = 0) {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] })
    vi.spyOn(Math, 'random').mockReturnValue(random)
    let begun = 0
    const node = await start(
      { it: checkOf(async () => void (begun += 1)) },
      { deadlineMs: 500, ...definition },
    )
    return { ...node, begun: () => begun, after: (ms: number) => vi.advanceTimersByTimeAsync(ms) }
  }

  test('it probes at once and then every intervalMs, with no poll', async () => {
    const { begun, after } = await rounds({ intervalMs: 60_000 })
    await after(0)
    expect(begun()).toBe(1)
    await after(59_999)
    expect(begun()).toBe(1)
    await after(1)
    expect(begun()).toBe(2)
    await after(600_000)
    expect(begun()).toBe(12)
  })

  test('it comes up to a tenth early by chance', async () => {
    const { begun, after } = await rounds({ intervalMs: 60_000 }, 0.999_999)
    await after(54_001)
    expect(begun()).toBe(2)
  })

  test.each([
    ['as long as', 60_000],
    ['longer than', 600_000],
  ])('ttlMs that is %s the interval costs no round, and polls cause none', async (_, ttlMs) => {
    const { begun, after, url } = await rounds({ intervalMs: 60_000, ttlMs }, 0.5)
    for (let round = 1; round <= 5; round += 1) {
      await after(0)
      expect(begun()).toBe(round)
      await ask(`${url}/readyz`)
      await after(57_000)
    }
    expect(begun()).toBe(6)
  })

  test('it leaves a round out where a poll has just caused one', async () => {
    const { begun, after, url } = await rounds({ intervalMs: 60_000, ttlMs: 5000 })
    await after(58_000)
    await ask(`${url}/readyz`)
    expect(begun()).toBe(2)
    await after(2000)
    expect(begun()).toBe(2)
    await after(60_000)
    expect(begun()).toBe(3)
  })

  test('a round that fails is told without any secret', async () => {
    vi.stubEnv('REDIS_TOKEN', 'planted-secret')
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const told = Promise.withResolvers<void>()
    warn.mockImplementation((text: string) => void (text.includes('background round') && told.resolve()))
    // Without a clock neither the store nor the cell of this process can begin a round.
    const store = memory(defineHealth({ checks: { good } }), Date.now)
    vi.spyOn(Date, 'now').mockImplementation(() => {
      throw new Error('no clock for planted-secret')
    })
    await start({ good }, { intervalMs: 60_000 }, { store })
    await told.promise
    vi.mocked(Date.now).mockRestore()
    expect(warn.mock.calls.join()).not.toContain('planted-secret')
  })

  test('with no intervalMs there is nothing', async () => {
    const { begun, after } = await rounds({})
    await after(3_600_000)
    expect(begun()).toBe(0)
  })

  test('it ends with the server', async () => {
    const { begun, after, close } = await rounds({ intervalMs: 60_000 })
    await close()
    await after(3_600_000)
    expect([begun(), vi.getTimerCount()]).toEqual([1, 0])
  })
})

describe('a process', () => {
  /** A process of its own, in front of an upstream. */
  async function startProcess(drainMs: number) {
    const upstream = await startService()
    const script = join(import.meta.dirname, 'node.process.ts')
    const child: ChildProcess = spawn(process.execPath, [script], {
      env: { ...process.env, UPSTREAM: upstream.url, DRAIN_MS: String(drainMs) },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    closing.push(upstream.close, () => child.kill('SIGKILL'))
    const exited = once(child, 'exit') as Promise<[code: number | null, signal: string | null]>
    const lines = createInterface(child.stdout as NodeJS.ReadableStream)[Symbol.asyncIterator]()
    const said = async () => String((await lines.next()).value)
    return { url: await said(), child, exited, said, upstream }
  }

  /** As a client that keeps connections, and asks as long as it may. */
  function load(url: string, count: number) {
    const agent = new Agent({ keepAlive: true })
    const answers: number[] = []
    const lost: unknown[] = []
    const enough = Promise.withResolvers<void>()
    let isOver = false
    const client = async (): Promise<void> => {
      while (!isOver) {
        await ask(`${url}/readyz`, { agent }).then(
          ({ status }) => answers.push(status),
          (error: unknown) => lost.push(error),
        )
        if (answers.length + lost.length > 20 * count) enough.resolve()
      }
    }
    const clients = Array.from({ length: count }, client)
    return {
      underWay: enough.promise,
      end: async () => {
        isOver = true
        await Promise.all(clients)
        return { answers, lost }
      },
    }
  }

  async function untilRefused(url: string): Promise<void> {
    for (let isRefused = false; !isRefused;) {
      isRefused = await ask(`${url}/healthz`).then(
        () => false,
        () => true,
      )
    }
  }

  test(
    'that gets SIGTERM under load loses no request, is unready at once, alive to the end, and ends',
    { retry: 2 },
    async () => {
      const { url, child, exited, said, upstream } = await startProcess(1000)
      const { port } = new URL(url)
      const idle = connect(Number(port), '127.0.0.1')
      const half = connect(Number(port), '127.0.0.1', () => half.write('GET /readyz HTTP/1.1\r\nHost: '))
      for (const socket of [idle, half]) socket.on('error', () => {})
      const clients = load(url, 8)
      await clients.underWay

      const release = upstream.faults.hold()
      upstream.faults.resetHits()
      let answered = 0
      const inFlight = Array.from({ length: 32 }, async () => {
        const answer = await ask(`${url}/readyz`)
        answered += 1
        return answer
      })
      await upstream.faults.arrived(1)
      // Asked last and answered, so that all the others have come in.
      for (let index = 0; index < 3; index += 1) await ask(`${url}/healthz`)

      const signalled = performance.now()
      child.kill('SIGTERM')
      expect(await said()).toBe('SIGTERM')
      expect(await ask(`${url}/readyz`, { agent: new Agent({ keepAlive: true }) })).toMatchObject({
        status: 503,
        headers: { 'retry-after': '1', 'content-type': 'application/json', connection: 'close' },
        body: '{"status":"unhealthy","error":"shutting down"}',
      })
      expect(performance.now() - signalled).toBeLessThan(50)
      expect(await ask(`${url}/healthz`)).toMatchObject({ status: 200, body: '{"status":"healthy"}' })
      expect(await ask(`${url}/livez`)).toMatchObject({ status: 200 })

      const over = clients.end()
      await untilRefused(url)
      expect([answered, child.exitCode], 'in flight, after it stopped listening').toEqual([0, null])
      release()
      for (const { status, body } of await Promise.all(inFlight)) {
        expect([status, JSON.parse(body).status]).toEqual([200, 'healthy'])
      }
      const { answers, lost } = await over
      expect(lost).toEqual([])
      expect(new Set(answers)).toEqual(new Set([200]))
      expect(await exited).toEqual([0, null])
    },
  )

  test.each([
    ['SIGTERM', 'SIGTERM', 143],
    ['SIGTERM', 'SIGINT', 130],
    ['SIGINT', 'SIGINT', 130],
  ] as const)('that gets %s and then %s ends at once, with %i', async (first, second, code) => {
    const { url, child, exited, said, upstream } = await startProcess(3_600_000)
    const release = upstream.faults.hold()
    const lost = expect(ask(`${url}/readyz`)).rejects.toThrow()
    await upstream.faults.arrived(1)
    child.kill(first)
    expect(await said()).toBe(first)
    expect((await ask(`${url}/readyz`)).status).toBe(503)
    child.kill(second)
    expect(await exited).toEqual([code, null])
    await lost
    release()
  })
})
