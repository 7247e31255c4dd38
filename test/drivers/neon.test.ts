import { neon, neonConfig } from '@neondatabase/serverless'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { queryNeon } from '../../src/drivers/neon.ts'
import { thrown } from '../checks/verdict.ts'

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
    ['[0:0::1]', 'http://[::1]:5432/sql'],
    ['127.0.0.2', 'http://127.0.0.2:5432/sql'],
    ['127.1', 'http://127.0.0.1:5432/sql'],
    ['localhost.', 'http://localhost.:5432/sql'],
    ['EP-A.EU.AWS.NEON.TECH', 'https://api.eu.aws.neon.tech/sql'],
    ['ep-a.eu.neon.tech.', 'https://api.eu.neon.tech./sql'],
    ['ep-a.neon.tech:1234', 'https://api.neon.tech/sql'],
    ['ep-a.eu.neon.build', 'https://api.eu.neon.build/sql'],
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

describe('a host that nobody named is sent nothing:', () => {
  test.each([
    ['db.internal:5432'],
    ['shop.abc.eu-central-1.rds.amazonaws.com'],
    ['10.0.0.5'],
    ['169.254.169.254'],
    ['[fd00::1]:5432'],
    ['[::ffff:10.0.0.5]'],
    ['0.0.0.0'],
    ['128.0.0.1'],
    ['neon.tech'],
    ['NEON.TECH.'],
    ['neon.build:80'],
    ['.neon.tech'],
    ['a..neon.tech'],
    ['neon.tech.evil.com'],
    ['ep-a.neon.tech.evil.com'],
    ['evilneon.tech'],
    ['ep-a.evil-neon.tech'],
    ['ep-a.neon.techs'],
    ['ep-a.neon.tech..'],
    ['evil.com/x@ep-a.neon.tech'],
    ['evil.com?x@ep-a.neon.tech'],
    ['evil.com#@ep-a.neon.tech'],
    ['evil.com\\@ep-a.neon.tech'],
    ['localhost.evil.com'],
    ['127.0.0.1.evil.com'],
    ['evil.localhost'],
    ['postgres'],
    ['xn--non-dma.tech'],
  ])('%s', async (host) => {
    expect(await thrown(query(host))).toMatchObject({ detail: 'misconfigured' })
    expect(asked).toEqual([])
  })

  test('unless it is told where to send it', async () => {
    const signal = new AbortController().signal
    const endpoint = 'https://proxy.example.com/sql'
    for (const host of ['db.internal:5432', 'ep-a.neon.tech', 'localhost']) {
      await queryNeon({ url: urlOf(host), endpoint, signal }, 'select 1 as one')
    }
    expect(asked).toEqual([endpoint, endpoint, endpoint])
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
