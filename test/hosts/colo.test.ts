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

test.each([
  ['a page of something else', async () => new Response('<p>colo=<b>x</b></p>')],
  ['a colo that is no airport code', async () => new Response('colo=<script>\n')],
  ['no answer', () => Promise.reject(new TypeError('no network'))],
])('with %s the place is not known', async (_, answer) => {
  answering(answer)
  expect(await observeColo('health.example.com')).toBeNull()
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
])('of %s (from the platform: %s) the own host is %s', (url, isServed, host) => {
  const request = Object.assign(new Request(url), isServed ? { cf: { colo: 'AMS' } } : {})
  expect(ownHost(request)).toBe(host)
})
