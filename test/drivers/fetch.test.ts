import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Outgoing, discard, exchange, send } from '../../src/drivers/fetch.ts'
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
