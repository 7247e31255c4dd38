import { once } from 'node:events'
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { type Outgoing, discard, exchange, send } from '../../src/drivers/fetch.ts'
import { readText } from '../../src/drivers/body.ts'
import { nodeSend } from '../../src/drivers/node-send.ts'
import { thrown } from '../checks/verdict.ts'

const open: Server[] = []
const sockets = new Set<Socket>()
afterEach(() => {
  for (const socket of sockets) socket.destroy()
  for (const server of open.splice(0)) server.close()
})

/** A server that writes exactly these bytes in answer to each request, and tells what it was sent. */
async function serve(
  answer: (socket: Socket, request: string, connection: number) => void,
  port = 0,
): Promise<{ readonly url: string; readonly server: Server; readonly seen: string[] }> {
  const seen: string[] = []
  let connections = 0
  const server = createServer((socket) => {
    const connection = (connections += 1)
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (data) => {
      seen.push(data.toString('latin1'))
      answer(socket, data.toString('latin1'), connection)
    })
  }).listen(port, '127.0.0.1')
  await once(server, 'listening')
  open.push(server)
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server, seen }
}

/** Resolves when no connection is open. */
async function isLeft(): Promise<void> {
  for (const socket of sockets) await new Promise((resolve) => socket.once('close', resolve))
}

const says =
  (head: string, body: string | Buffer = 'ok') =>
  (socket: Socket): void => {
    socket.write(
      Buffer.from(`HTTP/1.1 ${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`, 'latin1'),
    )
    socket.write(body)
  }

const request = (given: Partial<Outgoing> = {}): Outgoing => ({
  method: 'GET',
  headers: {},
  signal: new AbortController().signal,
  send: nodeSend,
  ...given,
})

const read = async (url: string, given: Partial<Outgoing> = {}): Promise<string> => {
  const asked = request(given)
  const reply = await send(url, asked)
  return `${reply.status} ${await readText(reply, { maxBytes: 2 ** 20, signal: asked.signal })}`
}

describe("what Node's fetch cannot do", () => {
  test.each([6000, 6666, 10080])('port %i, which it blocks', async (port) => {
    const { url } = await serve(says('200 OK'), port)
    expect(await read(url)).toBe('200 ok')
    expect(await thrown(send(url, request({ send: undefined })))).toMatchObject({ detail: 'misconfigured' })
  })

  test.each([
    ['an unasked 100 Continue', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['two of them', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n'],
    ['early hints', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'],
    ['a word that it is at work', 'HTTP/1.1 102 Processing\r\n\r\n'],
  ])('%s', async (_, before) => {
    const { url } = await serve((socket) => {
      socket.write(before)
      says('200 OK')(socket)
    })
    expect(await read(url)).toBe('200 ok')
  })

  test.each([20, 100, 200])('a head of %i kB', async (kB) => {
    const { url } = await serve(says(`200 OK\r\nX-Long: ${'x'.repeat(kB * 1000)}`))
    expect(await read(url)).toBe('200 ok')
  })

  test('a head without end is a failed connection', async () => {
    const { url } = await serve((socket) => {
      const pour = (): void => void (socket.destroyed || socket.write(`X: ${'x'.repeat(60_000)}\r\n`, pour))
      socket.write('HTTP/1.1 200 OK\r\n', pour)
    })
    expect(await thrown(read(url))).toMatchObject({ detail: 'connection failed' })
  })

  test('a Location in raw UTF-8', async () => {
    const raw = Buffer.from('/données/🦊?q=é').toString('latin1')
    const { url } = await serve(says(`302 Found\r\nLocation: ${raw}`))
    const reply = await send(url, request())
    discard(reply)
    expect(new URL(reply.headers.get('location') ?? '', url).href).toBe(new URL('/données/🦊?q=é', url).href)
  })

  test.each([600, 999])('status %i', async (status) => {
    const { url } = await serve(says(`${status} Odd`))
    expect(await read(url)).toBe(`${status} ok`)
  })

  test('a 101 that nobody asked for', async () => {
    const { url } = await serve((socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n')
    })
    expect((await send(url, request())).status).toBe(101)
  })
})

describe('what is sent', () => {
  test('is the same as by the fetch of Workers', async () => {
    const { url, seen } = await serve(says('200 OK'))
    await read(`${url}a?b=é`, { headers: { 'x-name': 'é' } })
    expect(
      seen[0]
        ?.replace(/Host: .*/, 'Host: H')
        .split('\r\n')
        .filter(Boolean)
        .toSorted(),
    ).toEqual([
      'Connection: close',
      'GET /a?b=%C3%A9 HTTP/1.1',
      'Host: H',
      'accept: */*',
      'cache-control: no-cache',
      'user-agent: allclear',
      `x-name: ${Buffer.from('é').toString('latin1')}`,
    ])
  })

  test.each([['ünï☃'], [new TextEncoder().encode('ünï☃')]])('with the body %o is whole', async (body) => {
    const { url, seen } = await serve(says('200 OK'))
    await read(url, { method: 'POST', body, headers: { 'x-name': 'é' } })
    const text = Buffer.from(seen.join(''), 'latin1').toString()
    expect(text).toContain('ünï☃')
    expect(text).toContain('x-name: é')
    expect(text).toMatch(/content-length: 8/i)
  })
})

describe("a probe's evidence is its own", () => {
  test('where a kept connection is closed at its second request', async () => {
    let last = 0
    const { url } = await serve((socket, _, connection) => {
      if (connection === last) socket.destroy()
      else says('200 OK\r\nConnection: keep-alive')(socket)
      last = connection
    })
    for (let n = 0; n < 5; n += 1) expect(await read(url)).toBe('200 ok')
  })

  test('where new connections are refused while an old one lives', async () => {
    const { url, server } = await serve(says('200 OK\r\nConnection: keep-alive'))
    expect(await read(url)).toBe('200 ok')
    server.close()
    expect(await thrown(read(url))).toMatchObject({ detail: 'connection failed' })
  })

  test('and asks once', async () => {
    const { url, seen } = await serve((socket) => socket.destroy())
    expect(await thrown(read(url))).toMatchObject({ detail: 'connection failed' })
    expect(seen).toHaveLength(1)
  })
})

describe('a body', () => {
  const text = 'é☃'.repeat(1000)

  test.each([
    ['gzip', gzipSync(text)],
    ['x-gzip', gzipSync(text)],
    ['GZIP', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['br', brotliCompressSync(text)],
    ['gzip, br', brotliCompressSync(gzipSync(text))],
    ['identity', Buffer.from(text)],
  ])('in %s is unpacked', async (coding, packed) => {
    const { url } = await serve(says(`200 OK\r\nContent-Encoding: ${coding}`, packed))
    expect(await read(url)).toBe(`200 ${text}`)
  })

  test('that is no gzip is unexpected', async () => {
    const { url } = await serve(says('200 OK\r\nContent-Encoding: gzip', 'no gzip at all'))
    expect(await thrown(read(url))).toMatchObject({ detail: 'unexpected body' })
  })

  test('in gzip has none under HEAD', async () => {
    const { url } = await serve((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\n'),
    )
    expect(await read(url, { method: 'HEAD' })).toBe('200 ')
  })

  test('that unpacks to a gigabyte is let go after 1 MB', async () => {
    const zeros = Buffer.alloc(64 * 2 ** 20)
    const bomb = gzipSync(Buffer.concat([gzipSync(zeros), gzipSync(zeros)]))
    const { url } = await serve(says('200 OK\r\nContent-Encoding: gzip, gzip', bomb))
    const before = process.memoryUsage().rss
    expect(await thrown(exchange(url, request()))).toMatchObject({ detail: 'unexpected body' })
    expect(process.memoryUsage().rss - before).toBeLessThan(30 * 2 ** 20)
  })

  test('that breaks off is a failed connection', async () => {
    const { url } = await serve((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx', () => socket.destroy())
    })
    expect(await thrown(read(url))).toMatchObject({ detail: 'connection failed' })
  })

  test('that is not read leaves no connection', async () => {
    const { url } = await serve(says('200 OK', 'x'.repeat(2 ** 20)))
    discard(await send(url, request()))
    await isLeft()
  })
})

describe('a signal ends', () => {
  const reason = new DOMException('time is up', 'TimeoutError')

  test('what has not begun', async () => {
    const { url, seen } = await serve(says('200 OK'))
    expect(await thrown(read(url, { signal: AbortSignal.abort(reason) }))).toBe(reason)
    expect(seen).toEqual([])
  })

  test.each([
    ['a request without answer', ''],
    ['one within the head', 'HTTP/1.1 200 OK\r\nX: y'],
    ['one within the body', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx'],
    ['one within a packed body', 'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\n'],
  ])('%s, with its connection', async (_, part) => {
    const asked = Promise.withResolvers<void>()
    const { url } = await serve((socket) => socket.write(part, () => asked.resolve()))
    const abort = new AbortController()
    const reading = thrown(read(url, { signal: abort.signal }))
    await asked.promise
    setTimeout(() => abort.abort(reason), 20)
    expect(await reading).toBe(reason)
    await isLeft()
  })
})
