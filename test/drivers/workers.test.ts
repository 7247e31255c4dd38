import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Miniflare } from 'miniflare'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sendJson } from '../../src/local/server.ts'
import type { Answer } from '../../src/local/server.ts'
import { type LocalService, startService } from '../../src/local/service.ts'
import { bundle } from '../bench/bundle.ts'

/** The oldest compatibility date that docs/hosts.md names, the day before an option of fetch changed, and today's. */
const DATES = ['2024-09-23', '2024-11-10', '2025-08-31', '2026-10-30']

let service: LocalService
let elsewhere: LocalService
let code: string
/** The paths that lost their first connection, by the time of the last change. */
let lost: boolean

const BOMB = gzipSync(Buffer.alloc(200 * 2 ** 20))
const METRICS = ['size', 'avail']
  .map((name) => `node_filesystem_${name}_bytes{mountpoint="/"} 100\n`)
  .join('')
const ANSWERS: Readonly<Record<string, Answer>> = {
  '/ok': (_, response) => void response.end('ok'),
  '/lost': (_, response) => {
    lost = !lost
    if (lost) response.socket?.destroy()
    else response.end('ok')
  },
  '/latin1': (_, response) =>
    void response
      .writeHead(200, { 'content-type': 'text/plain; charset=latin1' })
      .end(Buffer.from('é', 'latin1')),
  '/gbk': (_, response) =>
    void response
      .writeHead(200, { 'content-type': 'text/plain; charset=GBK' })
      .end(Buffer.from([0xc4, 0xe3, 0xba, 0xc3])),
  '/utf16': (_, response) => void response.end(Buffer.from('\ufeffé', 'utf16le')),
  '/number': (_, response) => void response.end('{"id":9007199254740993}'),
  '/login': (_, response) =>
    void response.writeHead(302, { location: '/home', 'set-cookie': 'a=b; Path=/' }).end(),
  '/home': ({ headers }, response) => void response.writeHead(headers.cookie === 'a=b' ? 200 : 403).end(),
  '/accept': ({ headers }, response) =>
    void response
      .writeHead(headers.accept === '*/*' && headers['user-agent'] === 'allclear' ? 200 : 406)
      .end(),
  '/bomb': (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(BOMB),
  '/redis': (_, response) => sendJson(response, 200, { result: 'PONG' }),
  '/moved': (_, response) => void response.writeHead(307, { location: elsewhere.url }).end('evil words'),
  '/metrics': (_, response) => void response.end(METRICS),
  '/sql': (_, response) =>
    sendJson(response, 200, {
      fields: ['used', 'most'].map((name) => ({ name, dataTypeID: 23 })),
      rows: [['1', '100']],
      rowAsArray: true,
    }),
}

beforeAll(async () => {
  service = await startService()
  elsewhere = await startService()
  service.respond((request, response) => ANSWERS[request.path]?.(request, response))
  const entry = join(import.meta.dirname, 'workers.worker.ts')
  code = (await bundle(entry)).code
})
afterAll(() => Promise.all([service.close(), elsewhere.close()]))

describe.each(DATES)('a Worker of %s', (compatibilityDate) => {
  let runtime: Miniflare
  let report: {
    readonly checks: Readonly<Record<string, { readonly status: string; readonly detail: string }>>
  }

  beforeAll(async () => {
    lost = false
    runtime = new Miniflare({
      cf: false,
      enableDevRegistry: false,
      workers: [
        {
          config: {
            name: 'dated',
            compatibilityDate,
            manifest: { mainModule: 'worker.js', modules: { 'worker.js': { type: 'esm', contents: code } } },
            env: {
              TARGET: { type: 'text', value: service.origin },
              CELL: { type: 'durable-object', worker: 'dated', exportName: 'Cell' },
            },
            exports: { Cell: { type: 'durable-object', storage: 'sqlite' } },
          },
        },
      ],
    })
    const { origin } = await runtime.ready
    report = (await (await fetch(`${origin}/readyz`)).json()) as typeof report
  })
  afterAll(() => runtime.dispose())

  test('keeps its state in its Durable Object', () => {
    expect(report).not.toHaveProperty('state')
  })

  test('finds what any other host finds', () => {
    const found = Object.entries(report.checks).map(([name, { status, detail }]) => [name, detail || status])
    expect(Object.fromEntries(found)).toEqual({
      http: 'healthy',
      lost: 'healthy',
      latin1: 'healthy',
      gbk: 'healthy',
      utf16: 'healthy',
      number: 'healthy',
      cookies: 'healthy',
      accept: 'healthy',
      bomb: 'unexpected body',
      post: 'healthy',
      redis: 'healthy',
      redirected: 'http 307',
      disk: 'healthy',
      own: 'healthy',
    })
  })

  test('goes nowhere that it is redirected to', () => {
    expect(elsewhere.faults.hits()).toBe(0)
  })
})

test('a Worker has nothing of node:http in it', () => {
  expect(code).not.toMatch(/node:(?:http|https|dns|net|zlib|fs)/)
})
