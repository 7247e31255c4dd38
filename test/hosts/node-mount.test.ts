import { once } from 'node:events'
import { Agent, type RequestListener, createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type HealthOptions, type Reader, defineHealth, disk } from '../../src/index.ts'
import { type MountOptions, mountNode, onNode } from '../../src/node.ts'
import { memory } from '../../src/stores/memory.ts'
import { checkOf } from '../health.ts'

/** Frameworks that need not be there. */
const [express, fastify] = await Promise.all(
  ['express', 'fastify'].map((name) =>
    import(name).then(
      (loaded) => loaded.default,
      () => undefined,
    ),
  ),
)

const good = checkOf(async () => {})
const closing: (() => unknown)[] = []
afterEach(async () => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  for (const close of closing.splice(0).reverse()) await close()
})

function mount(
  checks: HealthOptions<any>['checks'],
  { basePath, store, ...definition }: Omit<HealthOptions<any>, 'checks'> & MountOptions = {},
) {
  const where = { ...(basePath === undefined ? {} : { basePath }), ...(store === undefined ? {} : { store }) }
  const mounted = mountNode(defineHealth({ ...definition, checks }), where)
  closing.push(mounted.close)
  return mounted
}

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function ask(url: string, agent: Agent | false = false) {
  const asked = get(url, { agent })
  const [response] = await once(asked, 'response')
  return { status: response.statusCode, connection: response.headers.connection, body: await text(response) }
}

const alive = { status: 200, body: '{"status":"healthy"}' }

describe('in a server of one’s own', () => {
  test('its listener answers, with the variables of the process', async () => {
    vi.stubEnv('QUEUE_URL', 'https://queue.example.com')
    const check = checkOf(async ({ env }) => ({ status: 'degraded', detail: typeof env.QUEUE_URL }))
    const url = await listen(mount({ check }).listener)
    expect(await ask(`${url}/livez`)).toMatchObject(alive)
    const { body } = await ask(`${url}/readyz`)
    expect(JSON.parse(body)).toMatchObject({ status: 'degraded', checks: { check: { detail: 'string' } } })
    expect(JSON.parse(body)).not.toHaveProperty('state')
  })

  test('its fetch answers a Request, whatever a framework hands on beside it', async () => {
    const fetch = mount({ good }).fetch as (request: Request, context: object) => Promise<Response>
    const response = await fetch(new Request('http://localhost/readyz/good'), { params: {} })
    expect([response.status, await response.json()]).toMatchObject([200, { status: 'healthy' }])
  })

  test('it measures the disks of this machine', async () => {
    const { fetch } = mount({ root: disk({ path: '/', degraded: 100, unhealthy: 100 }) })
    expect((await fetch(new Request('http://localhost/readyz/root'))).status).toBe(200)
  })

  test('it keeps the state where it is told to', async () => {
    const store = memory(defineHealth({ checks: { good } }), Date.now)
    const begin = vi.spyOn(store, 'begin')
    await mount({ good }, { store }).fetch(new Request('http://localhost/readyz'))
    expect(begin).toHaveBeenCalledOnce()
  })

  test('it leaves signals and globals of the process alone', () => {
    const { Request, Response } = globalThis
    const signals = ['SIGTERM', 'SIGINT'].map((signal) => process.listenerCount(signal))
    mount({ good }, { intervalMs: 60_000 })
    expect(['SIGTERM', 'SIGINT'].map((signal) => process.listenerCount(signal))).toEqual(signals)
    expect([globalThis.Request, globalThis.Response]).toEqual([Request, Response])
  })

  test('with intervalMs it probes with no poll, until it is closed', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] })
    vi.spyOn(Math, 'random').mockReturnValue(0)
    let begun = 0
    const { close } = mount({ it: checkOf(async () => void (begun += 1)) }, { intervalMs: 60_000 })
    await vi.advanceTimersByTimeAsync(120_000)
    expect(begun).toBe(3)
    await close()
    await vi.advanceTimersByTimeAsync(600_000)
    expect([begun, vi.getTimerCount()]).toEqual([3, 0])
  })
})

describe('leave', () => {
  test('is told at once, and ends connections; liveness stays', async () => {
    const { listener, leave, fetch } = mount({ good })
    const url = await listen(listener)
    const agent = new Agent({ keepAlive: true })
    closing.push(() => agent.destroy())
    expect(await ask(`${url}/readyz`, agent)).toMatchObject({ status: 200, connection: 'keep-alive' })
    leave()
    expect(await ask(`${url}/readyz`, agent)).toEqual({
      status: 503,
      connection: 'close',
      body: '{"status":"unhealthy","error":"shutting down"}',
    })
    expect(await ask(`${url}/livez`, agent)).toMatchObject({ ...alive, connection: 'close' })
    expect((await fetch(new Request('http://localhost/readyz'))).status).toBe(503)
  })

  test('close waits for what is in flight', async () => {
    const asked = Promise.withResolvers<void>()
    const allowed = Promise.withResolvers<void>()
    const check = checkOf(async () => {
      asked.resolve()
      await allowed.promise
    })
    const { listener, close } = mount({ check })
    const url = await listen(listener)
    const inFlight = ask(`${url}/readyz`)
    await asked.promise
    let isClosed = false
    const closed = close().then(() => (isClosed = true))
    expect(await ask(`${url}/livez`)).toMatchObject(alive)
    expect(isClosed).toBe(false)
    allowed.resolve()
    expect(await inFlight).toMatchObject({ status: 200, connection: 'close' })
    await closed
    await close()
  })
})

describe('basePath', () => {
  test('of mountNode is what is answered below', async () => {
    const url = await listen(mount({ good }, { basePath: '/health' }).listener)
    expect(await ask(`${url}/health/livez`)).toMatchObject(alive)
    expect(await ask(`${url}/health/readyz/good`)).toMatchObject({ status: 200 })
    expect(await ask(`${url}/livez`)).toMatchObject({ status: 404 })
  })

  test('of onNode is what is answered below', async () => {
    const health = defineHealth({ checks: { good } })
    const { url, close } = await onNode(health, { port: 0, hostname: '127.0.0.1', basePath: '/health' })
    closing.push(close)
    expect(await ask(`${url}/health/livez`)).toMatchObject(alive)
    expect(await ask(`${url}/livez`)).toMatchObject({ status: 404 })
  })
})

describe('in a framework', () => {
  test.skipIf(express === undefined)('Express has it below a path, and the rest is its own', async () => {
    const app = express()
    const { listener, leave } = mount({ good })
    app.use('/health', listener)
    app.get('/', (_: unknown, response: any) => response.send('my shop'))
    const url = await listen(app)
    expect(await ask(`${url}/health/livez`)).toMatchObject(alive)
    expect(await ask(`${url}/health/readyz?only=good`)).toMatchObject({ status: 200 })
    expect(await ask(`${url}/health/readyz?only=nope`)).toMatchObject({ status: 400 })
    expect(await ask(`${url}/`)).toMatchObject({ status: 200, body: 'my shop' })
    leave()
    expect(await ask(`${url}/health/readyz`)).toMatchObject({ status: 503 })
  })

  test.skipIf(express === undefined)('a body that Express has read is not lost', async () => {
    const answer: Reader['answer'] = async ({ request }) => ({ body: { got: await request.text() } })
    const echo = { name: 'echo', options: {}, entries: {} }
    const readers: Reader[] = [{ path: '/echo', methods: ['POST'], answer }]
    const { listener } = mount({ good }, { plugins: [{ ...echo, readers }] })
    const app = express()
    app.use('/read', express.json())
    app.use(['/read', '/unread'], listener)
    const url = await listen(app)
    for (const path of ['/read/echo', '/unread/echo']) {
      const headers = { 'Content-Type': 'application/json' }
      const response = await fetch(url + path, { method: 'POST', headers, body: '{"status":"healthy"}' })
      expect([response.status, await response.json()]).toEqual([200, { got: '{"status":"healthy"}' }])
    }
  })

  test.skipIf(fastify === undefined)('Fastify, which strips no prefix, has it by basePath', async () => {
    const app = fastify()
    const { listener } = mount({ good }, { basePath: '/health' })
    app.register(async (scope: any) => {
      scope.removeAllContentTypeParsers()
      scope.addContentTypeParser('*', (_: unknown, __: unknown, done: (error: null) => void) => done(null))
      scope.all('/health/*', (request: any, reply: any) => {
        reply.hijack()
        listener(request.raw, reply.raw)
      })
    })
    app.get('/', async () => 'my shop')
    closing.push(() => app.close())
    const url: string = await app.listen({ port: 0, host: '127.0.0.1' })
    expect(await ask(`${url}/health/livez`)).toMatchObject(alive)
    expect(await ask(`${url}/health/readyz/good`)).toMatchObject({ status: 200 })
    expect(await ask(`${url}/`)).toMatchObject({ status: 200, body: 'my shop' })
  })
})
