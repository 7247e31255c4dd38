import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { postgres } from '../../src/checks/postgres.ts'
import type { Check } from '../../src/core/check.ts'
import { type LocalNeon, startNeon } from '../../src/local/neon.ts'
import { sendJson } from '../../src/local/server.ts'
import { type LocalService, startService } from '../../src/local/service.ts'
import { privateWords, probeOf, verdict } from './verdict.ts'

let neon: LocalNeon
let service: LocalService
const hush = 'hush-9f2c'

beforeAll(async () => {
  neon = await startNeon()
  service = await startService()
  await neon.ready()
})
afterEach(() => {
  neon.faults.mend()
  neon.faults.resetHits()
  service.respond()
})
afterAll(() => Promise.all([neon.close(), service.close()]))

const check = (): Check<unknown> => postgres({ url: neon.url })

/** The check of a server that gives this answer to every request. */
const answered = (status: number, body: unknown): Check<unknown> => {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  service.respond((_, response) => void response.writeHead(status).end(text))
  return postgres({ url: urlOf(service) })
}

const urlOf = ({ port }: LocalService): string => `postgres://user:${hush}@127.0.0.1:${port}/db`

/** A result in Neon's form, of integers. */
const rows = (row: Readonly<Record<string, string | null>>): unknown => ({
  fields: Object.keys(row).map((name) => ({ name, dataTypeID: 23 })),
  rows: [Object.values(row)],
  command: 'SELECT',
  rowCount: 1,
  rowAsArray: true,
})

describe('a Postgres is healthy', () => {
  test('when it answers, and tells of its connections', async () => {
    expect(await probeOf(check())).toEqual({
      status: 'healthy',
      observed: { value: 1, unit: 'connections' },
    })
  })

  test('with its URL from env', async () => {
    expect(await verdict(postgres({ url: (env: { url: string }) => env.url }), { url: neon.url })).toBe(
      'healthy',
    )
  })

  test.each([['localhost'], ['127.0.0.1']])('on %s, which the driver asks itself', async (host) => {
    expect(await verdict(postgres({ url: neon.url.replace('127.0.0.1', host) }))).toBe('healthy')
  })

  test('as a role that may do nothing', async () => {
    await neon.exec('create role nobody; set role nobody')
    try {
      expect(await verdict(check())).toBe('healthy')
    } finally {
      await neon.exec('reset role')
    }
  })

  test('in a transaction that may not write', async () => {
    await neon.exec('set default_transaction_read_only = on')
    try {
      expect(await verdict(check())).toBe('healthy')
    } finally {
      await neon.exec('set default_transaction_read_only = off')
    }
  })
})

test('it is one request', async () => {
  await verdict(check())
  expect(neon.faults.hits()).toBe(1)
})

describe('connections in use', () => {
  const most = 100
  const at = (used: number, options: object = {}): Promise<string> => {
    service.respond((_, response) =>
      sendJson(response, 200, rows({ used: String(used), most: String(most) })),
    )
    return verdict(postgres({ url: urlOf(service), ...options }))
  }

  test.each([
    [89, {}, 'healthy'],
    [90, {}, 'degraded: pool saturated'],
    [100, {}, 'degraded: pool saturated'],
    [103, {}, 'degraded: pool saturated'],
    [90, { saturation: {} }, 'degraded: pool saturated'],
    [49, { saturation: { degraded: 0.5 } }, 'healthy'],
    [50, { saturation: { degraded: 0.5 } }, 'degraded: pool saturated'],
    [99, { saturation: { degraded: 1 } }, 'healthy'],
    [100, { saturation: { degraded: 1 } }, 'degraded: pool saturated'],
  ])('%i of 100 with %j: %s', async (used, options, found) => {
    expect(await at(used, options)).toBe(found)
  })

  test('are never none, since one of them asked', async () => {
    service.respond((_, response) => sendJson(response, 200, rows({ used: '0', most: '100' })))
    expect(await probeOf(postgres({ url: urlOf(service) }))).toMatchObject({ observed: { value: 1 } })
  })

  test("are those of Postgres's own statistics, for all databases", async () => {
    const found: unknown[] = []
    for (const count of [1000, 2]) {
      await neon.setConnections(count)
      found.push(await probeOf(check()))
    }
    expect(found).toEqual([
      { status: 'degraded', detail: 'pool saturated', observed: { value: 1000, unit: 'connections' } },
      { status: 'healthy', observed: { value: 2, unit: 'connections' } },
    ])
  })
})

describe('a Postgres is unhealthy', () => {
  test.each([
    ['down', 'connection failed'],
    ['wrong', 'error'],
  ] as const)('when it is %s, after one attempt', async (mode, detail) => {
    neon.faults.set(mode)
    expect(await verdict(check())).toBe(`unhealthy: ${detail}`)
    expect(neon.faults.hits()).toBe(1)
  })

  test('when its password is wrong, and Postgres says why in private', async () => {
    const wrong = postgres({ url: neon.url.replace(/:[^:@]+@/, `:${hush}@`) })
    expect(await verdict(wrong)).toBe('unhealthy: error')
    expect(await privateWords(wrong)).toBe("28P01 password authentication failed for user 'allclear'")
  })

  test.each([401, 404, 500, 502, 503])('when something before it answers %i', async (status) => {
    expect(await verdict(answered(status, '<html>'))).toBe(`unhealthy: http ${status}`)
  })

  test.each([
    ['lacks both numbers', rows({})],
    ['lacks the connections', rows({ most: '100' })],
    ['lacks max_connections', rows({ used: '1' })],
    ['has null for the connections', rows({ used: null, most: '100' })],
    ['has null for max_connections', rows({ used: '1', most: null })],
    ['has words for numbers', rows({ used: 'many', most: '100' })],
    ['has a max_connections of 0', rows({ used: '1', most: '0' })],
    ['has fewer than no connections', rows({ used: '-1', most: '100' })],
    ['has no rows', { fields: [], rows: [], command: 'SELECT', rowCount: 0 }],
    ['is half a result', '{"fields":['],
  ])('when the answer %s', async (_, body) => {
    expect(await verdict(answered(200, body))).toBe('unhealthy: unexpected body')
  })

  test('when its answer is longer than 1 MB', async () => {
    expect(await verdict(answered(200, ' '.repeat(2 ** 20 + 1)))).toBe('unhealthy: unexpected body')
  })

  test('when an error is none of Postgres', async () => {
    expect(await verdict(answered(400, '<html>'))).toBe('unhealthy: unexpected body')
    expect(await verdict(answered(400, 'null'))).toBe('unhealthy: unexpected body')
  })

  test('when the answer breaks off', async () => {
    service.respond((_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"fields":', () => response.destroy())
    })
    expect(await verdict(postgres({ url: urlOf(service) }))).toBe('unhealthy: connection failed')
  })
})

describe('no password stands in what a failure says:', () => {
  test.each([
    ['another protocol', `mysql://user:${hush}@example.com/db`],
    ['no protocol', `user:${hush}@example.com/db`],
    ['the password alone', hush],
    ['a port that is none', `postgres://user:${hush}@example.com:port/db`],
    ['a port too high', `postgres://user:${hush}@example.com:99999/db`],
    ['no host', `postgres://user:${hush}@/db`],
    ['nothing after the password', `postgres://user:${hush}@`],
    ['a space in the host', `postgres://user:${hush}@exa mple.com/db`],
    ['a host that only http refuses', `postgres://user:${hush}@exa%20mple.com/db`],
    ['a slash in the password', `postgres://user:${hush}/${hush}@example.com/db`],
    ['a number sign in the password', `postgres://user:${hush}#${hush}@example.com/db`],
    ['white space before it', ` postgres://user:${hush}@example.com/db`],
    ['quotes around it', `"postgres://user:${hush}@example.com/db"`],
    ['its name before it', `DATABASE_URL=postgres://user:${hush}@example.com/db`],
    ['no user', `postgres://:${hush}@example.com/db`],
    ['no database', `postgres://user:${hush}@example.com`],
    ["the driver's own word for no host", `postgres://user:${hush}@-/db`],
  ])('a URL with %s is misconfigured', async (_, url) => {
    const malformed = postgres({ url: () => url })
    expect(await verdict(malformed)).toBe('unhealthy: misconfigured')
    expect(await privateWords(malformed)).not.toContain(hush)
  })

  test('a URL that env lacks is misconfigured', async () => {
    expect(await verdict(postgres({ url: () => undefined as unknown as string }))).toBe(
      'unhealthy: misconfigured',
    )
  })

  test.each([
    ['hush-9f2c', 'hush-9f2c'],
    ['hush%2F9f2c', 'hush/9f2c'],
    ['hush%9f2c', 'hush%9f2c'],
    ['hush^9$f2c', 'hush^9$f2c'],
  ])('an error that repeats the connection string, where it is %s', async (written, meant) => {
    service.respond(({ headers }, response) => {
      const sent = String(headers['neon-connection-string'])
      const told = [sent, new URL(sent).password, written, meant].join(' and ')
      sendJson(response, 400, { code: 'XX000', message: `unknown: ${told}` })
    })
    const repeated = postgres({ url: urlOf(service).replace(hush, () => written) })
    expect(await privateWords(repeated)).toBe(
      'XX000 unknown: [redacted] and [redacted] and [redacted] and [redacted]',
    )
  })

  test.each([200, 400, 502])('an answer of status %i that repeats it and is no JSON', async (status) => {
    expect(await privateWords(answered(status, `<html>${hush}`))).not.toContain(hush)
  })
})
