import { neonConfig } from '@neondatabase/serverless'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { postgres } from '../../src/checks/postgres.ts'
import { verdict } from './verdict.ts'

// Apart from the other tests of it: the driver's setting is the module's, so each test puts it back as it was.

const asked: string[] = []

beforeEach(() => {
  asked.length = 0
  neonConfig.fetchFunction = async (endpoint: string) => {
    asked.push(endpoint)
    return Response.json({
      fields: ['used', 'most'].map((name) => ({ name, dataTypeID: 23 })),
      rows: [['1', '100']],
    })
  }
})
afterEach(() => {
  neonConfig.opts = {}
})

const probe = (host: string): Promise<string> => verdict(postgres({ url: `postgres://user:pass@${host}/db` }))

describe('the endpoint that the driver asks', () => {
  test("is Neon's for a host of Neon's, and the setting stays untouched", async () => {
    expect(await probe('ep-a-b-1.eu-central-1.aws.neon.tech')).toBe('healthy')
    expect(asked).toEqual(['https://api.eu-central-1.aws.neon.tech/sql'])
    expect(neonConfig.opts).not.toHaveProperty('fetchEndpoint')
  })

  test("is the host itself where that is this machine, and Neon's again for the next", async () => {
    for (const host of [
      'localhost',
      'LOCALHOST:81',
      '127.0.0.1:5433',
      '[::1]:5434',
      'ep-a.eu.aws.neon.tech',
    ]) {
      expect(await probe(host)).toBe('healthy')
    }
    expect(asked).toEqual([
      'http://localhost:5432/sql',
      'http://localhost:81/sql',
      'http://127.0.0.1:5433/sql',
      'http://[::1]:5434/sql',
      'https://api.eu.aws.neon.tech/sql',
    ])
  })

  test("is the user's where there is one, set before or after", async () => {
    neonConfig.fetchEndpoint = 'https://proxy.example.com/before'
    await probe('localhost')
    neonConfig.opts.fetchEndpoint = undefined as never
    await probe('localhost')
    neonConfig.fetchEndpoint = () => 'https://proxy.example.com/after'
    await probe('localhost')
    expect(asked).toEqual([
      'https://proxy.example.com/before',
      'http://localhost:5432/sql',
      'https://proxy.example.com/after',
    ])
  })
})
