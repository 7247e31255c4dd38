import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Begun, Reading, Snapshot } from '../../src/core/cell.ts'
import { onCloudflare } from '../../src/cloudflare.ts'
import { type Store, onFetch } from '../../src/fetch.ts'
import { NOW, STATES, WORLDS, health, regional } from './bytes.states.ts'

// The paths are asked in Node here; what a Worker adds to them is not in the bytes.
vi.mock('cloudflare:workers', () => ({ DurableObject: class {}, WorkerEntrypoint: class {} }))

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date', 'performance'] })
  vi.spyOn(console, 'warn').mockImplementation(() => {})
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const bearer = { Authorization: 'Bearer open sesame' }
const wrong = { Authorization: 'Bearer wrong' }
const openMetrics = { Accept: 'application/openmetrics-text; version=1.0.0; charset=utf-8' }

type Asked = readonly [target: string, headers?: Readonly<Record<string, string>>]

/** Requests whose answers depend on the state. */
const EVERY_STATE: readonly Asked[] = [
  ['GET /livez'],
  ['GET /readyz'],
  ['GET /readyz', bearer],
  ['GET /readyz?exclude=catalog'],
  ['GET /readyz?only=catalog,redis', bearer],
  ['GET /readyz?tag=data'],
  ['GET /readyz/catalog'],
  ['GET /readyz/catalog', bearer],
  ['GET /readyz/constructor'],
  ['GET /startupz'],
  ['GET /startupz', bearer],
  ['GET /metrics'],
]

/** Requests whose answers do not, or hardly. */
const ONE_STATE: readonly Asked[] = [
  ...[
    '/healthz',
    '/livez',
    '/readyz',
    '/readyz/redis',
    '/startupz',
    '/metrics',
    '/nowhere',
    '/readyz/nope',
  ].flatMap((path) => [[`HEAD ${path}`], [`POST ${path}`], [`PROPFIND ${path}`]] as const),
  ['GET /healthz'],
  ['GET /readyz', wrong],
  ['GET /readyz', { Authorization: 'Basic b3BlbjpzZXNhbWU=' }],
  ['GET /readyz/redis', wrong],
  ['GET /readyz?only=nope'],
  ['GET /readyz?exclude=%22%3Cscript%3E%26+%25'],
  ['GET /readyz?tag=nope'],
  ['GET /readyz?only='],
  ['GET /readyz?exclude=postgres,redis,catalog,constructor'],
  ['GET /readyz?region=auto'],
  ['GET /readyz?region=weur'],
  ['GET /readyz?view=nearest'],
  ['GET /readyz?view=all'],
  ['GET /readyz?cache-buster=7&empty'],
  ['GET /readyz/warmup'],
  ['GET /readyz/nope'],
  ['GET /readyz/__proto__'],
  ['GET /readyz/%3Cb%3E'],
  ['GET /nowhere'],
  ['GET /metrics', openMetrics],
  ['GET /metrics', { Accept: 'text/plain;version=0.0.4;q=0.9,application/openmetrics-text;q=0.5' }],
]

const REGIONS: readonly Asked[] = [
  ...EVERY_STATE.filter(([target]) => target !== 'GET /metrics'),
  ['GET /readyz?region=apac'],
  ['GET /readyz?region=apac', bearer],
  ['GET /readyz?region=apac&only=catalog'],
  ['GET /readyz?view=nearest'],
  ['GET /readyz?region=auto'],
]

type Fetch = (request: Request) => Response | Promise<Response>

/** Every byte of the answers, asked of a host that was just made: nothing is kept from one to the next. */
async function recorded(hostOf: () => Fetch, requests: readonly Asked[]): Promise<string> {
  let text = ''
  for (const [target, headers = {}] of requests) {
    const [method = '', path = ''] = target.split(' ')
    const request = new Request(`http://localhost${path}`, { method, headers })
    const response = await hostOf()(request)
    const sent = Object.entries(headers).map(([name, value]) => `${name}: ${value}\n`)
    const received = [...response.headers].map(([name, value]) => `${name}: ${value}\n`)
    text += `> ${target}\n${sent.map((line) => `> ${line}`).join('')}`
    text += `${response.status}\n${received.join('')}\n${await response.text()}\n\n`
  }
  return text
}

function lost(): Promise<never> {
  return Promise.reject(new Error('no store here'))
}

function storeOf(snapshot: Snapshot | undefined): Store {
  if (snapshot === undefined) return { begin: lost, settled: lost, complete: lost }
  const reading: Reading = { snapshot, now: NOW }
  return {
    begin: async (): Promise<Begun> => ({ kind: 'fresh', reading }),
    settled: async () => reading,
    complete: async () => reading,
  }
}

function record(name: string): string {
  return join(import.meta.dirname, 'bytes', `${name.replaceAll(/[^a-z]+/g, '-')}.txt`)
}

describe('the bytes of every path', () => {
  test.each(Object.keys(STATES))('%s', async (name) => {
    const hostOf = (): Fetch => onFetch(health, { store: storeOf(STATES[name]) }).fetch
    await expect(await recorded(hostOf, EVERY_STATE)).toMatchFileSnapshot(record(`one cell, ${name}`))
  })

  test('whatever is asked', async () => {
    const hostOf = (): Fetch =>
      onFetch(health, { store: storeOf(STATES['degraded, one optional check down']) }).fetch
    await expect(await recorded(hostOf, ONE_STATE)).toMatchFileSnapshot(record('whatever is asked'))
  })

  test.each(Object.keys(WORLDS))('regions, %s', async (name) => {
    const CELL = {
      getByName: (region: string) => {
        const { begin, settled } = storeOf(WORLDS[name]?.[region])
        return { ensure: begin, settled }
      },
    }
    const hostOf = (): Fetch => {
      const { worker } = onCloudflare(regional)
      return (request) => worker.fetch(request, { CELL })
    }
    const asked: readonly Asked[] = name.startsWith('one region') ? [...REGIONS, ['GET /metrics']] : REGIONS
    await expect(await recorded(hostOf, asked)).toMatchFileSnapshot(record(`regions, ${name}`))
  })
})
