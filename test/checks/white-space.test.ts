import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { custom } from '../../src/checks/custom.ts'
import { disk } from '../../src/checks/disk.ts'
import { http } from '../../src/checks/http.ts'
import { postgres } from '../../src/checks/postgres.ts'
import { redis } from '../../src/checks/redis.ts'
import type { Check } from '../../src/core/check.ts'
import { type LocalExporter, startExporter } from '../../src/local/exporter.ts'
import { type LocalNeon, startNeon } from '../../src/local/neon.ts'
import { type LocalService, startService } from '../../src/local/service.ts'
import { type LocalUpstash, startUpstash } from '../../src/local/upstash.ts'
import { upstash as upstashStore } from '../../src/stores/upstash.ts'
import { defineHealth } from '../../src/core/define.ts'
import { verdict } from './verdict.ts'

let neon: LocalNeon
let upstash: LocalUpstash
let service: LocalService
let exporter: LocalExporter

beforeAll(async () => {
  ;[neon, upstash, service, exporter] = await Promise.all([
    startNeon(),
    startUpstash({ engine: 'memory' }),
    startService(),
    startExporter(),
  ])
  await neon.ready()
})
afterEach(() => service.faults.resetHits())
afterAll(() => Promise.all([neon.close(), upstash.close(), service.close(), exporter.close()]))

const elsewhere = 'postgres://user:pass@db.internal/db'

describe.each([
  ['the line feed of echo', (text: string) => `${text}\n`],
  ['a carriage return', (text: string) => `${text}\r\n`],
  ['spaces around it', (text: string) => `  ${text}\t`],
])('%s does not count in', (_, spaced) => {
  test.each<[string, () => Check<unknown>]>([
    ['the url of postgres', () => postgres({ url: () => spaced(neon.url) })],
    [
      'the endpoint of postgres',
      () => postgres({ url: () => neon.url, endpoint: () => spaced(`http://127.0.0.1:${neon.port}/sql`) }),
    ],
    ['the url of redis', () => redis({ url: () => spaced(upstash.url), token: () => upstash.token })],
    ['the token of redis', () => redis({ url: () => upstash.url, token: () => spaced(upstash.token) })],
    ['the url of http', () => http({ url: () => spaced(service.url) })],
    ['a header of http', () => http({ url: service.url, headers: { 'x-key': () => spaced('key') } })],
    ['the url of disk', () => disk({ url: () => spaced(exporter.url), degraded: 100, unhealthy: 100 })],
    ['the path of disk', () => disk({ path: () => spaced('/'), degraded: 100, unhealthy: 100 })],
    [
      'the text of a custom check',
      () =>
        custom(async ({ text }) => ({
          status: text('key', () => spaced('key')) === 'key' ? 'healthy' : 'unhealthy',
        })),
    ],
  ])('%s', async (_name, make) => {
    expect(await verdict(make())).toBe('healthy')
  })

  test('the url and the token of the store', async () => {
    const health = defineHealth({ checks: { it: http({ url: service.url }) } })
    const store = upstashStore(health, {
      url: spaced(upstash.url),
      token: spaced(upstash.token),
      key: 'spaced',
    })
    expect(await store.begin('id')).toBeDefined()
  })
})

test.each([
  ['the url of postgres', postgres({ url: () => ' \n' })],
  ['the url of redis', redis({ url: () => '\n', token: () => 't' })],
  ['the url of http', http({ url: () => '\n' })],
  ['a URL that goes astray', postgres({ url: () => `${elsewhere}\n` })],
])('white space alone is nothing: %s', async (_, check) => {
  expect(await verdict(check)).toBe('unhealthy: misconfigured')
})
