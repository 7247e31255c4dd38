import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { nodeListener } from '../../src/hosts/node-listener.ts'
import { mountListener } from '../../src/hosts/node-mounted.ts'
import { startNodeServer } from '../../src/hosts/node-server.ts'
import { type Reader, defineHealth } from '../../src/index.ts'
import { onNode } from '../../src/node.ts'
import { checkOf } from '../health.ts'

let port: number
let close: () => Promise<void>
beforeAll(async () => {
  const health = defineHealth({ checks: { good: checkOf(async () => {}) } })
  const node = await onNode(health, { port: 0, hostname: '127.0.0.1' })
  port = Number(new URL(node.url).port)
  close = node.close
})
afterAll(() => close())

/** The answer to the very bytes of a request, on a connection of its own. */
async function send(...lines: readonly string[]) {
  const socket = connect(port, '127.0.0.1')
  socket.write([...lines, 'Connection: close', '', ''].join('\r\n'))
  const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n')
  return { status: Number(head.split(' ')[1]), body, isJson: /content-type: application\/json/i.test(head) }
}

const ALIVE = { status: 200, body: '{"status":"healthy"}', isJson: true }

describe('is answered:', () => {
  test.each(['HTTP/1.0', 'HTTP/1.1'])('%s without a Host', async (version) => {
    expect(await send(`GET /livez ${version}`)).toEqual(ALIVE)
    expect(await send(`GET /readyz/good ${version}`)).toMatchObject({ status: 200, isJson: true })
  })

  test.each([
    '',
    'localhost',
    'EXAMPLE.com:8080',
    'example.com:80',
    'example.com:99999',
    'example.com:',
    ':8080',
    'health_check.internal',
    'example.com.',
    '10.0.0.7',
    '10.0.0.256',
    '0x7f.1',
    '[::1]:8080',
    '[0:0:0:0:0:0:0:1]',
    '[fe80::1%eth0]',
    '[fe80::1%25eth0]:8080',
    'fe80::1%eth0',
    '[::1',
    'a b',
    'a/b',
    'a?b',
    'a#b',
    'a\\b',
    'user:password@example.com',
    '%zz',
    '*',
    'b\u00fccher.example',
    '<script>',
    '..',
  ])('Host: %s', async (host) => {
    expect(await send('GET /livez HTTP/1.1', `Host: ${host}`)).toEqual(ALIVE)
    expect(await send('GET /readyz?only=good HTTP/1.1', `Host: ${host}`)).toMatchObject({ status: 200 })
  })

  test.each([
    'http://example.com/livez',
    'https://example.com/livez',
    'HTTP://EXAMPLE.COM/livez',
    'http://example.com:8080/livez?x=1',
    'http://user:password@example.com/livez',
    'http://[fe80::1%25eth0]/livez',
    'http://10.0.0.256/livez',
    '/livez?x=%zz',
    '/livez?x=a|b"<>^`{}',
    '/livez?x=\\',
    '/livez?',
    '/./livez',
    '/x/../livez',
  ])('%s', async (target) => {
    expect(await send(`GET ${target} HTTP/1.1`, 'Host: example.com')).toEqual(ALIVE)
  })

  test.each([
    ['OPTIONS * HTTP/1.1', 404],
    ['OPTIONS /livez HTTP/1.1', 405],
    ['TRACE /livez HTTP/1.1', 405],
    ['PROPFIND /livez HTTP/1.1', 405],
    ['GET /livez\\ HTTP/1.1', 400],
    ['GET /readyz/%E0%A4%A HTTP/1.1', 404],
    ['GET livez HTTP/1.1', 400],
    ['HELLO', 400],
  ])('%s in JSON, %i', async (line, status) => {
    const answer = await send(line, 'Host: example.com')
    expect(answer).toMatchObject({ status, isJson: true })
    expect(JSON.parse(answer.body)).toEqual({ error: expect.any(String) })
  })

  test.each([
    ['a cookie that is none', 'Cookie: ;;=; a=%zz; \u00fc'],
    ['a header of latin letters', 'X-Name: J\u00fcrgen'],
    ['an empty Accept', 'Accept:'],
  ])('%s', async (_, header) => {
    expect(await send('GET /livez HTTP/1.1', 'Host: example.com', header)).toEqual(ALIVE)
  })

  test('headers that are too long, in JSON', async () => {
    const answer = await send('GET /livez HTTP/1.1', 'Host: example.com', `X-Long: ${'x'.repeat(20_000)}`)
    expect(answer).toMatchObject({ status: 431, isJson: true, body: expect.stringMatching(/^\{"error":"/) })
  })
})

describe.each([
  ['of onNode', true],
  ['mounted', false],
])('a plugin that answers what no server can send, %s,', (_, isOwn) => {
  test.each<[what: string, answer: () => any]>([
    [
      'throws a text',
      () => {
        throw 'a text' // oxlint-disable-line typescript/only-throw-error
      },
    ],
    ['rejects with nothing', () => Promise.reject()], // oxlint-disable-line typescript/prefer-promise-reject-errors
    ['gives nothing', () => undefined],
    ['gives a code that is none', () => ({ code: 99, body: {} })],
    ['gives such a code later', async () => ({ code: 99, body: {} })],
    ['gives a header that is none', () => ({ headers: { 'x y': '1' }, body: {} })],
    ['gives a header of two lines later', async () => ({ headers: { x: '1\r\nY: 2' }, body: {} })],
    [
      'gives a circle',
      () => {
        const circle: Record<string, unknown> = {}
        circle['it'] = circle
        return { body: circle }
      },
    ],
  ])('that %s, is an internal error', async (_, answer) => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const readers: Reader[] = [{ path: '/odd', answer }]
    const plugins = [{ name: 'odd', options: {}, entries: {}, readers }]
    const health = defineHealth({ plugins, checks: { good: checkOf(async () => {}) } })
    const server = await startNodeServer(mountListener(health, {}, { overrideGlobalObjects: isOwn }), {
      port: 0,
      hostname: '127.0.0.1',
    })
    const response = await fetch(`${server.url}/odd`)
    expect([response.status, await response.text()]).toEqual([500, '{"error":"internal error"}'])
    expect((await fetch(`${server.url}/livez`)).status).toBe(200)
    await server.close()
    vi.restoreAllMocks()
  })
})

describe('a slow client', () => {
  /** A server that answers with what it was sent, and waits for a request no longer than this. */
  async function startEcho(limits: { headersTimeout: number; requestTimeout: number }) {
    const answered = vi.fn(async (request: Request) => new Response(await request.text()))
    const server = await startNodeServer(nodeListener(answered), {
      port: 0,
      hostname: '127.0.0.1',
      limits: { ...limits, connectionsCheckingInterval: 20 },
    })
    return { ...server, answered, port: Number(new URL(server.url).port) }
  }

  async function drip(port: number, start: string): Promise<string> {
    const socket = connect(port, '127.0.0.1', () => socket.write(start))
    socket.on('error', () => {})
    const timer = setInterval(() => socket.write('x'), 20)
    // A write that comes after the server's end is an error of the socket, and of nobody's interest.
    const answer = await new Promise<string>((resolve) => {
      let received = ''
      socket.on('data', (data) => void (received += String(data)))
      socket.once('close', () => resolve(received))
    })
    clearInterval(timer)
    return answer
  }

  test.each([
    ['headers', { headersTimeout: 200, requestTimeout: 60_000 }, 'GET /livez HTTP/1.1\r\nX: '],
    [
      'a body',
      { headersTimeout: 100, requestTimeout: 200 },
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n',
    ],
  ])('with %s of a few bytes a second is told 408, in JSON, and cut off', async (_, limits, start) => {
    const server = await startEcho(limits)
    const answer = await drip(server.port, start)
    expect(answer).toMatch(
      /^HTTP\/1\.1 408 .*\r\n[^]*application\/json[^]*\{"error":"the request was too slow"\}$/,
    )
    await server.close()
  })

  test('is not waited for when the server closes', async () => {
    const server = await startEcho({ headersTimeout: 60_000, requestTimeout: 60_000 })
    const dripping = drip(server.port, 'GET /livez HTTP/1.1\r\nX: ')
    await new Promise((resolve) => setTimeout(resolve, 50))
    await server.close()
    expect(await dripping).toBe('')
    expect(server.answered).not.toHaveBeenCalled()
  })
})
