import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { expect, test, vi } from 'vitest'
import { type FetchOptions, onFetch } from '../../src/fetch.ts'
import { type HealthOptions, defineHealth, disk } from '../../src/index.ts'
import { memory } from '../../src/stores/memory.ts'
import { checkOf } from '../health.ts'

interface Env {
  readonly QUEUE_URL: string
}

const env: Env & { readonly ALLCLEAR_TOKEN: string } = {
  QUEUE_URL: 'https://queue.example.com',
  ALLCLEAR_TOKEN: 'open sesame',
}

/** A check that tells what it was given. */
const telling = checkOf(async ({ env }) => ({
  status: 'degraded',
  detail: env?.QUEUE_URL ? 'given' : 'nothing',
}))

function host(options: FetchOptions<Env> = {}, checks: HealthOptions<any>['checks'] = { telling }) {
  return onFetch(defineHealth<any>({ checks }), options)
}

const request = (path = '/readyz', init: RequestInit = {}) => new Request(`http://localhost${path}`, init)
const detailIn = async (response: Response) => ((await response.json()) as any).checks.telling.detail

test('a request and an environment are all that it takes', async () => {
  const { fetch } = host()
  const response = await fetch(request(), env)
  expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store'])
  expect(await detailIn(response)).toBe('given')
})

test('the environment opens private detail, too', async () => {
  const check = checkOf(async () => ({ status: 'degraded', error: 'for a bearer' }))
  const { fetch } = host({}, { check })
  const bearer = { headers: { Authorization: 'Bearer open sesame' } }
  expect(await (await fetch(request('/readyz/check', bearer), env)).json()).toHaveProperty('error')
  expect(await (await fetch(request('/readyz/check', bearer))).json()).not.toHaveProperty('error')
})

test('without an environment checks get none', async () => {
  expect(await detailIn(await host().fetch(request()))).toBe('nothing')
})

test('an environment given beforehand holds, whatever a runtime hands on beside the request', async () => {
  const { fetch } = host({ env })
  expect(await detailIn(await fetch(request(), { requestIP: () => {} }))).toBe('given')
})

test('it can stand behind a server of Node, as in Express', async () => {
  const { fetch } = host({ env })
  const answer = getRequestListener(fetch)
  const server = createServer((incoming, outgoing) => void answer(incoming, outgoing)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const response = await globalThis.fetch(`http://127.0.0.1:${port}/readyz`)
  server.close()
  expect([response.status, await detailIn(response)]).toEqual([200, 'given'])
})

test('its paths mount in an app', async () => {
  const app = new Hono()
  app.get('/', (c) => c.text('my shop'))
  app.route('/internal', host({ env }).routes)
  expect(await (await app.request('/')).text()).toBe('my shop')
  expect(await detailIn(await app.request('/internal/readyz'))).toBe('given')
  expect(await (await app.request('/internal/else')).text()).toBe('404 Not Found')
})

test('with a basePath it answers below it', async () => {
  const { fetch } = host({ env, basePath: '/health' })
  expect(await detailIn(await fetch(request('/health/readyz')))).toBe('given')
  expect((await fetch(request('/readyz'))).status).toBe(404)
})

test('other paths are not found, in JSON', async () => {
  const response = await host().fetch(request('/else'))
  expect([response.status, await response.json()]).toEqual([404, { error: 'no such path: /else' }])
})

test('polls share a round, and the one process knows the truth', async () => {
  let runs = 0
  const { fetch } = host({ env }, { it: checkOf(async () => void (runs += 1)) })
  const responses = await Promise.all(Array.from({ length: 20 }, () => fetch(request())))
  expect(await responses[0]?.json()).not.toHaveProperty('state')
  expect(runs).toBe(1)
})

test('the state is kept where it is told to', async () => {
  const health = defineHealth<any>({ checks: { telling } })
  const store = memory(health, Date.now)
  const begin = vi.spyOn(store, 'begin')
  await onFetch(health, { store }).fetch(request(), env)
  expect(begin).toHaveBeenCalledOnce()
})

test('a disk of its own is misconfigured, as on Workers: nobody knows what it runs on', async () => {
  const { fetch } = host({ env }, { root: disk({ path: '/' }) })
  const bearer = { headers: { Authorization: 'Bearer open sesame' } }
  const root = await (await fetch(request('/readyz/root', bearer))).json()
  expect(root).toMatchObject({
    detail: 'misconfigured',
    error: 'path: there is no disk where this runs; give the url of an exporter',
  })
})
