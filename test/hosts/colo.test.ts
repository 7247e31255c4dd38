import { afterEach, expect, test, vi } from 'vitest'
import { observeColo, ownHost } from '../../src/hosts/colo.ts'

afterEach(() => void vi.unstubAllGlobals())

const answering = (answer: () => Promise<Response>) => {
  const ask = vi.fn(answer)
  vi.stubGlobal('fetch', ask)
  return ask
}

test('the platform tells the place at the deployment’s own host', async () => {
  const ask = answering(async () => new Response('fl=29f\nh=health.example.com\ncolo=AMS\nhttp=http/3\n'))
  expect(await observeColo('health.example.com')).toBe('AMS')
  expect(ask).toHaveBeenCalledWith('https://health.example.com/cdn-cgi/trace', expect.anything())
})

const TRACE = 'colo=AMS\n'

test.each([
  ['a page of something else', async () => new Response('<p>colo=<b>x</b></p>')],
  ['a colo that is no airport code', async () => new Response('colo=<script>\n')],
  ['a redirect', async () => new Response(TRACE, { status: 302, headers: { Location: 'https://x.y' } })],
  ['an error', async () => new Response(TRACE, { status: 403 })],
  ['the colo past 4 kB', async () => new Response(`${'x'.repeat(4096)}\n${TRACE}`)],
  ['no body', async () => new Response(null)],
  ['no answer', () => Promise.reject(new TypeError('no network'))],
])('with %s the place is not known', async (_, answer) => {
  answering(answer)
  expect(await observeColo('health.example.com')).toBeNull()
})

test('no redirect is followed, and no more is read than a trace can have', async () => {
  let sent = 0
  const cancelled = vi.fn()
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      sent += 1
      controller.enqueue(new Uint8Array(1024))
    },
    cancel: cancelled,
  })
  const ask = answering(async () => new Response(endless))
  expect(await observeColo('health.example.com')).toBeNull()
  expect(ask).toHaveBeenCalledWith(expect.anything(), expect.objectContaining({ redirect: 'manual' }))
  expect(sent).toBeLessThan(8)
  expect(cancelled).toHaveBeenCalledOnce()
})

test.each([
  '',
  'localhost',
  '10.0.0.7',
  '[::1]',
  'evil.example/x?',
  'a@evil.example',
  'evil.example:8443',
  'a b.c',
])('what is no host of the platform is not asked: %j', async (host) => {
  const ask = answering(async () => new Response(TRACE))
  expect(await observeColo(host)).toBeNull()
  expect(ask).not.toHaveBeenCalled()
})

test('where no host is known nobody is asked', async () => {
  const ask = answering(async () => new Response(''))
  expect(await observeColo(undefined)).toBeNull()
  expect(ask).not.toHaveBeenCalled()
})

test.each([
  ['https://health.example.com/readyz', true, 'health.example.com'],
  ['https://health.example.com/readyz', false, undefined],
  ['http://health.example.com/readyz', true, undefined],
  ['https://localhost:8787/readyz', true, undefined],
  ['https://127.0.0.1/readyz', true, undefined],
  ['https://[::1]/readyz', true, undefined],
  ['https://localhost./readyz', true, undefined],
  ['https://health.example.com./readyz', true, undefined],
])('of %s (from the platform: %s) the own host is %s', (url, isServed, host) => {
  const request = Object.assign(new Request(url), isServed ? { cf: { colo: 'AMS' } } : {})
  expect(ownHost(request)).toBe(host)
})

test.each([undefined, null, {}, { colo: 7 }, 'AMS'])('a request whose cf is %j proves no host', (cf) => {
  const request = Object.assign(new Request('https://health.example.com/readyz'), { cf })
  expect(ownHost(request)).toBeUndefined()
})
