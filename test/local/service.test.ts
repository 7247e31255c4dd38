import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { startService } from '../../src/local/service.ts'
import type { LocalService } from '../../src/local/service.ts'

let service: LocalService

beforeAll(async () => {
  service = await startService()
})
afterEach(() => {
  service.faults.mend()
  service.respond()
})
afterAll(() => service.close())

test('it is healthy', async () => {
  const response = await fetch(service.url)
  expect(response.status).toBe(200)
  expect(await response.json()).toEqual({ status: 'ok', queue: { lag: 3 }, items: [{ state: 'ready' }] })
})

test('it answers HEAD without a body, refuses other methods, and knows one path', async () => {
  const head = await fetch(service.url, { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([200, ''])
  const post = await fetch(service.url, { method: 'POST' })
  expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  expect((await fetch(service.origin)).status).toBe(404)
})

test('a test says how it answers, until it takes that back', async () => {
  service.respond(({ path, headers }, response) => {
    response.writeHead(302, { location: `${path}/elsewhere`, 'x-seen': headers['x-sent'] }).end()
  })
  const response = await fetch(`${service.origin}/a`, { redirect: 'manual', headers: { 'x-sent': 'mark' } })
  expect([response.status, response.headers.get('location'), response.headers.get('x-seen')]).toEqual([
    302,
    '/a/elsewhere',
    'mark',
  ])
  service.respond()
  expect((await fetch(service.url)).status).toBe(200)
})

test('a wrong one is a bad gateway with a page of HTML', async () => {
  service.faults.set('wrong')
  const response = await fetch(service.url)
  expect([response.status, response.headers.get('content-type')]).toEqual([502, 'text/html'])
})
