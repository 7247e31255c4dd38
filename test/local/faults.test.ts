import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createFaults } from '../../src/local/faults.ts'
import { sendJson, startServer } from '../../src/local/server.ts'
import type { LocalServer } from '../../src/local/server.ts'

let server: LocalServer

beforeAll(async () => {
  server = await startServer((_, response) => sendJson(response, 200, { right: true }), { slowMs: 60_000 })
})
afterEach(() => {
  server.faults.mend()
  server.faults.resetHits()
})
afterAll(() => server.close())

const ask = (init: RequestInit = {}): Promise<Response> => fetch(`${server.origin}/question?n=1`, init)

test('a working server gives the right answer', async () => {
  const response = await ask()
  expect(response.status).toBe(200)
  expect(await response.json()).toEqual({ right: true })
})

test('one that is down drops the socket without a word, once a request', async () => {
  server.faults.set('down')
  await expect(ask()).rejects.toMatchObject({ message: 'fetch failed', cause: { code: 'UND_ERR_SOCKET' } })
  expect(server.faults.hits()).toBe(1)
})

test('one that hangs says nothing until it is mended, and even then only drops the socket', async () => {
  server.faults.set('hang')
  const asked = ask()
  await server.faults.arrived(1)
  expect(await Promise.race([asked, Promise.resolve('nothing yet')])).toBe('nothing yet')
  server.faults.mend()
  await expect(asked).rejects.toThrow('fetch failed')
})

test('a client may give up on one that hangs', async () => {
  server.faults.set('hang')
  const patience = new AbortController()
  const asked = ask({ signal: patience.signal })
  await server.faults.arrived(1)
  patience.abort()
  await expect(asked).rejects.toMatchObject({ name: 'AbortError' })
})

test.each(['hang', 'slow'] as const)(
  'a request that was given up is not kept when its server has the mode %s',
  async (mode) => {
    const faults = createFaults({ slowMs: 60_000 })
    faults.set(mode)
    const gone = new AbortController()
    const admitted = faults.admit({ method: 'GET', path: '/', headers: {}, body: '' }, gone.signal)
    gone.abort()
    await expect(admitted).resolves.toBeDefined()
  },
)

test('a slow one gives the right answer, late', async () => {
  const started = performance.now()
  server.faults.set('slow', { slowMs: 40 })
  expect(await (await ask()).json()).toEqual({ right: true })
  expect(performance.now() - started).toBeGreaterThan(38)
})

test('mending a slow one brings its answer at once', async () => {
  server.faults.set('slow', { slowMs: 60_000 })
  const asked = ask()
  await server.faults.arrived(1)
  server.faults.mend()
  expect((await asked).status).toBe(200)
})

test('a wrong one answers 502 with HTML unless its kind knows better', async () => {
  server.faults.set('wrong')
  const response = await ask()
  expect(response.status).toBe(502)
  expect(response.headers.get('content-type')).toBe('text/html')
  expect(await response.text()).toContain('<h1>502 Bad Gateway</h1>')
})

test('held requests wait until the last hold is released', async () => {
  const [releaseOne, releaseOther] = [server.faults.hold(), server.faults.hold()]
  const settled: string[] = []
  const asked = Promise.all([ask(), ask()]).finally(() => settled.push('answered'))
  await server.faults.arrived(2)
  releaseOne()
  releaseOne()
  // A later request is held too, because one of the two holds still stands.
  const later = ask()
  await server.faults.arrived(3)
  expect(settled).toEqual([])
  releaseOther()
  expect((await asked).map(({ status }) => status)).toEqual([200, 200])
  expect((await later).status).toBe(200)
})

test('a held request meets the mode of the moment it is released', async () => {
  const release = server.faults.hold()
  const asked = ask()
  await server.faults.arrived(1)
  server.faults.set('wrong')
  release()
  // A mode that is set later does not affect this request.
  server.faults.mend()
  expect((await asked).status).toBe(502)
})

test('it remembers the last request and counts them all', async () => {
  await ask({ method: 'POST', body: 'grüß dich', headers: { 'x-mark': 'blue' } })
  expect(server.faults.last()).toMatchObject({
    method: 'POST',
    path: '/question?n=1',
    body: 'grüß dich',
    headers: { 'x-mark': 'blue' },
  })
  await ask()
  expect(server.faults.hits()).toBe(2)
  server.faults.resetHits()
  expect(server.faults.hits()).toBe(0)
})

test('a bug in an answer is a 500 and not a hanging request', async () => {
  const broken = await startServer(() => Promise.reject(new Error('boom')))
  const response = await fetch(broken.origin)
  expect(response.status).toBe(500)
  expect(await response.json()).toEqual({ error: 'Error: boom' })
  await broken.close()
})

test('closing ends requests that hang, and frees the port', async () => {
  const closing = await startServer((_, response) => void response.end('first'))
  closing.faults.set('hang')
  const asked = fetch(closing.origin)
  await closing.faults.arrived(1)
  const refused = expect(asked).rejects.toThrow('fetch failed')
  await closing.close()
  await refused
  const next = await startServer((_, response) => void response.end('second'), { port: closing.port })
  expect(await (await fetch(next.origin)).text()).toBe('second')
  await next.close()
})

test('a port that is taken is an error', async () => {
  await expect(startServer(() => {}, { port: server.port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
})
