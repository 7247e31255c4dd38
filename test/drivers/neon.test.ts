import { neon, neonConfig } from '@neondatabase/serverless'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { queryNeon } from '../../src/drivers/neon.ts'

// The settings are global to the driver's module, so each test restores them.

/** The endpoints that the platform's `fetch` was called with. */
let asked: string[]

const ROW = { fields: [{ name: 'one', dataTypeID: 23 }], rows: [['1']] }

beforeEach(() => {
  asked = []
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (endpoint) => {
    asked.push(endpoint as string)
    return Response.json(ROW)
  })
})
afterEach(() => {
  vi.restoreAllMocks()
  neonConfig.opts = {}
})

const urlOf = (host: string): string => `postgres://user:pass@${host}/db`
const query = (host: string): Promise<unknown> =>
  queryNeon({ url: urlOf(host), signal: new AbortController().signal }, 'select 1 as one')

describe('the endpoint', () => {
  test.each([
    ['ep-a-b-1.eu-central-1.aws.neon.tech', 'https://api.eu-central-1.aws.neon.tech/sql'],
    ['localhost', 'http://localhost:5432/sql'],
    ['LOCALHOST:81', 'http://localhost:81/sql'],
    ['localhost:80', 'http://localhost:80/sql'],
    ['127.0.0.1:5433', 'http://127.0.0.1:5433/sql'],
    ['[::1]:5434', 'http://[::1]:5434/sql'],
  ])('of %s is %s', async (host, endpoint) => {
    expect(await query(host)).toEqual([{ one: 1 }])
    expect(asked).toEqual([endpoint])
  })

  test('of a loopback host is the one that a user configured, before or after', async () => {
    neonConfig.fetchEndpoint = 'https://proxy.example.com/before'
    await query('localhost')
    neonConfig.opts.fetchEndpoint = undefined as never
    await query('localhost')
    neonConfig.fetchEndpoint = () => 'https://proxy.example.com/after'
    await query('localhost')
    expect(asked).toEqual([
      'https://proxy.example.com/before',
      'http://localhost:5432/sql',
      'https://proxy.example.com/after',
    ])
  })
})

describe("an application's own queries", () => {
  const theirs = async (): Promise<void> =>
    void (await neon(urlOf('ep-a.eu.aws.neon.tech')).query('select 1'))
  const ENDPOINT = 'https://api.eu.aws.neon.tech/sql'

  test("go by the platform's fetch, with the endpoint and the options of the driver", async () => {
    await query('localhost')
    asked.length = 0
    await theirs()
    expect(asked).toEqual([ENDPOINT])
    const [, init] = vi.mocked(fetch).mock.lastCall ?? []
    expect(Object.keys(init ?? {})).toEqual(['method', 'body', 'headers'])
    expect(neonConfig.opts).not.toHaveProperty('fetchEndpoint')
  })

  test.each([['before'], ['after']])('go by the fetch that was configured %s', async (when) => {
    const own = vi.fn(async () => Response.json(ROW))
    if (when === 'after') await query('localhost')
    neonConfig.fetchFunction = own
    await query('localhost')
    await query('localhost')
    expect(own).not.toHaveBeenCalled()
    await theirs()
    expect(own.mock.calls).toMatchObject([[ENDPOINT, { method: 'POST' }]])
  })

  test('still reach it where it calls the one that it replaced', async () => {
    await query('localhost')
    const before = neonConfig.fetchFunction
    const wrapped = vi.fn((endpoint: string, init: object) => before(endpoint, init))
    neonConfig.fetchFunction = wrapped
    await query('localhost')
    asked.length = 0
    await theirs()
    expect(wrapped).toHaveBeenCalledTimes(1)
    expect(asked).toEqual([ENDPOINT])
  })
})
