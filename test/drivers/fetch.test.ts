import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { createServer } from 'node:net'
import { type Outgoing, boundedFetch, discard, exchange, send } from '../../src/drivers/fetch.ts'
import { nodeSend } from '../../src/drivers/node-send.ts'
import { type LocalService, startService } from '../../src/local/service.ts'
import { thrown } from '../checks/verdict.ts'

let service: LocalService
let elsewhere: LocalService

beforeAll(async () => {
  service = await startService()
  elsewhere = await startService()
})
afterEach(() => {
  vi.restoreAllMocks()
  for (const one of [service, elsewhere]) {
    one.respond()
    one.faults.mend()
    one.faults.resetHits()
  }
})
afterAll(() => Promise.all([service.close(), elsewhere.close()]))

const request = (given: Partial<Outgoing> = {}): Outgoing => ({
  method: 'POST',
  headers: {},
  signal: new AbortController().signal,
  ...given,
})

/** Answers with an endless body. The promise is of the connection's end, which comes only when the client lets go. */
function pour(status: number, headers: Record<string, string> = {}): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  service.respond((_, response) => {
    const more = (): void => void (response.destroyed || response.write('x'.repeat(65536), more))
    response.once('close', resolve).writeHead(status, headers)
    more()
  })
  return promise
}

describe('a request', () => {
  test('names its sender and takes any type', async () => {
    discard(await send(service.url, request()))
    expect(service.faults.last()?.headers).toMatchObject({ 'user-agent': 'allclear', accept: '*/*' })
  })

  test('has the given headers in place of those', async () => {
    const headers = { 'User-Agent': 'mine', accept: 'text/plain', 'x-own': '1' }
    discard(await send(service.url, request({ headers })))
    expect(service.faults.last()?.headers).toMatchObject({
      'user-agent': 'mine',
      accept: 'text/plain',
      'x-own': '1',
    })
  })

  test.each([
    ['GET', 'no-store'],
    ['HEAD', 'no-store'],
    ['POST', undefined],
  ] as const)('by %s has the cache option %s, and follows no redirect', async (method, cache) => {
    const fetch = vi.spyOn(globalThis, 'fetch')
    discard(await send(service.url, request({ method })))
    const [, init] = fetch.mock.calls[0] ?? []
    expect(init?.cache).toBe(cache)
    expect(init?.redirect).toBe('manual')
  })

  test('leaves a redirect to its sender', async () => {
    service.respond((_, response) => void response.writeHead(302, { location: elsewhere.url }).end())
    const response = await send(service.url, request())
    expect(response.status).toBe(302)
    expect(elsewhere.faults.hits()).toBe(0)
  })
})

describe('an exchange', () => {
  test('gives the status and the text of the answer', async () => {
    service.respond(({ method, body }, response) => void response.writeHead(418).end(`${method} ${body}`))
    expect(await exchange(service.url, request({ body: 'é' }))).toEqual({ status: 418, text: 'POST é' })
  })

  test.each([301, 302, 303, 304, 307, 308])('fails with status %i, and goes nowhere else', async (status) => {
    service.respond((_, response) => void response.writeHead(status, { location: elsewhere.url }).end())
    expect(await thrown(exchange(service.url, request()))).toMatchObject({ detail: `http ${status}` })
    expect([service.faults.hits(), elsewhere.faults.hits()]).toEqual([1, 0])
  })

  test('lets the body of a redirect go', async () => {
    const closed = pour(307, { location: elsewhere.url })
    expect(await thrown(exchange(service.url, request()))).toMatchObject({ detail: 'http 307' })
    await closed
  })

  test('reads an answer of 1 MB', async () => {
    service.respond((_, response) => void response.end('x'.repeat(2 ** 20)))
    expect((await exchange(service.url, request())).text).toHaveLength(2 ** 20)
  })

  test('reads no more than 1 MB', async () => {
    const closed = pour(200)
    expect(await thrown(exchange(service.url, request()))).toMatchObject({ detail: 'unexpected body' })
    await closed
  })

  test('fails as a connection where the answer breaks off', async () => {
    service.respond((_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('x', () => response.destroy())
    })
    expect(await thrown(exchange(service.url, request()))).toMatchObject({ detail: 'connection failed' })
  })

  test("ends with the signal's reason within the body too", async () => {
    const begun = Promise.withResolvers<void>()
    service.respond((_, response) => void response.writeHead(200).write('x', () => begun.resolve()))
    const abort = new AbortController()
    const exchanged = exchange(service.url, request({ signal: abort.signal }))
    await begun.promise
    const reason = new DOMException('time is up', 'TimeoutError')
    abort.abort(reason)
    expect(await thrown(exchanged)).toBe(reason)
  })
})

describe("the platform's fetch, which keeps connections,", () => {
  test('is asked once more where a connection was lost before an answer', async () => {
    let lost = 0
    service.respond((_, response) => {
      lost += 1
      if (lost === 1) response.socket?.destroy()
      else response.end('well')
    })
    expect(await exchange(service.url, request())).toEqual({ status: 200, text: 'well' })
  })

  test('is asked no third time', async () => {
    service.faults.set('down')
    expect(await thrown(exchange(service.url, request()))).toMatchObject({ detail: 'connection failed' })
    expect(service.faults.hits()).toBe(2)
  })

  test('is not asked again after the signal', async () => {
    const abort = new AbortController()
    service.respond((_, response) => {
      abort.abort(new Error('time is up'))
      response.socket?.destroy()
    })
    expect(await thrown(exchange(service.url, request({ signal: abort.signal })))).toBe(abort.signal.reason)
    expect(service.faults.hits()).toBe(1)
  })
})

describe.each([
  ['the fetch of the platform', undefined],
  ["Node's sender", nodeSend],
])('what a custom check fetches by %s', (_, sender) => {
  const context = (signal = new AbortController().signal): { signal: AbortSignal; send: typeof sender } => ({
    signal,
    send: sender,
  })

  test('is an answer with its status, headers and body', async () => {
    service.respond((received, response) => {
      response
        .writeHead(201, { 'x-own': '1' })
        .end(`${received.method} ${received.headers['user-agent']} ${received.body}`)
    })
    const init = { method: 'PUT', body: 'é', headers: { 'user-agent': 'mine' } }
    const answer = await boundedFetch(new URL(service.url), init, context())
    expect([answer.status, answer.headers.get('x-own'), await answer.text()]).toEqual([
      201,
      '1',
      'PUT mine é',
    ])
  })

  test('names its sender', async () => {
    await boundedFetch(service.url, undefined, context())
    expect(service.faults.last()?.headers).toMatchObject({ 'user-agent': 'allclear', accept: '*/*' })
  })

  test.each([204, 304])('may have no body, %i', async (status) => {
    service.respond((_, response) => void response.writeHead(status).end())
    expect((await boundedFetch(service.url, {}, context())).status).toBe(status)
  })

  test.each([301, 302, 307])('is a redirect that is not followed, %i', async (status) => {
    service.respond((_, response) => void response.writeHead(status, { location: elsewhere.url }).end())
    const answer = await boundedFetch(service.url, { redirect: 'follow' }, context())
    expect([answer.status, answer.headers.get('location')]).toEqual([status, elsewhere.url])
    expect(elsewhere.faults.hits()).toBe(0)
  })

  test('is at most 1 MB', async () => {
    const closed = pour(200)
    expect(await thrown(boundedFetch(service.url, {}, context()))).toMatchObject({
      detail: 'unexpected body',
    })
    await closed
  })

  test.each(['context', 'own'])('ends with the signal of the %s', async (whose) => {
    const end = service.faults.hold()
    const abort = new AbortController()
    const signal = whose === 'own' ? undefined : abort.signal
    const init = whose === 'own' ? { signal: abort.signal } : {}
    const fetched = thrown(boundedFetch(service.url, init, context(signal)))
    await service.faults.arrived(1)
    abort.abort(new Error('enough'))
    expect(await fetched).toBe(abort.signal.reason)
    end()
  })

  test('is sent once if it may change something', async () => {
    service.faults.set('down')
    expect(await thrown(boundedFetch(service.url, { method: 'POST' }, context()))).toMatchObject({
      detail: 'connection failed',
    })
    expect(service.faults.hits()).toBe(1)
  })

  test('fails as a connection where nothing listens', async () => {
    const gone = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => gone.once('listening', resolve))
    const { port } = gone.address() as { readonly port: number }
    await new Promise((resolve) => gone.close(resolve))
    const fetched = boundedFetch(`http://127.0.0.1:${port}/`, {}, context())
    expect(await thrown(fetched)).toMatchObject({ detail: 'connection failed' })
  })
})
