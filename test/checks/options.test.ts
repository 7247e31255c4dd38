import { describe, expect, test } from 'vitest'
import { ConfigError, custom, defineHealth, disk, http, postgres, redis } from '../../src/index.ts'
import type { Check } from '../../src/index.ts'

/** The faults that `defineHealth` finds in a check named `it`, one to a line. */
function faultsOf(check: unknown): string {
  try {
    defineHealth({ checks: { it: check as any } })
    return ''
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
}

const url = 'https://example.com/'
const db = 'postgres://user:pass@ep-a-1.eu.aws.neon.tech/db'
const asHttp = (options: object): string => faultsOf(http({ url, ...options } as any))
const asDisk = (options: object): string => faultsOf(disk({ url, ...options } as any))

describe('every option in its right form is taken:', () => {
  test.each([
    ['postgres', postgres({ url: db })],
    ['postgres with saturation', postgres({ url: () => db, saturation: { degraded: 1 } })],
    ['postgres with saturation left open', postgres({ url: db, saturation: {} })],
    ['redis', redis({ url, token: 'token' })],
    ['redis of env', redis({ url: () => url, token: () => 'token', degradedAboveMs: 100 })],
    ['http', http({ url: 'https://user:pass@example.com/' })],
    [
      'http with all of it',
      http({
        url: () => url,
        method: 'GET',
        headers: { accept: 'text/plain', authorization: () => 'Bearer token' },
        status: [200, '3xx'],
        body: { contains: 'a', matches: /b/g, json: { path: '$.c[0]', equals: null } },
        followRedirects: true,
        maxBodyBytes: 1,
        critical: false,
      }),
    ],
    ['http with HEAD', http({ url, method: 'HEAD' })],
    ['http with a pattern as text', http({ url, body: { matches: '^a+$' } })],
    ['disk', disk({ url })],
    ['disk with all of it', disk({ url: () => url, mount: '/data', degraded: 50, unhealthy: 50 })],
    ['disk with only the upper threshold', disk({ url, unhealthy: 10 })],
    ['disk of its own', disk({ path: '/var/lib', degraded: 50, unhealthy: 50, critical: false })],
    ['disk of its own, of env', disk({ path: () => '/var/lib' })],
    ['custom', custom(async () => {}, { critical: false, breaker: false })],
  ])('%s', (_, check) => {
    expect(faultsOf(check)).toBe('')
  })
})

describe('what is wrong is named:', () => {
  const secret = 'received a string'

  test.each<readonly [string, Check<unknown>, string]>([
    ['no URL', postgres({} as any), 'checks.it.url: required, but missing'],
    [
      'a URL of another protocol',
      postgres({ url: 'mysql://user:hush@h/db' }),
      `checks.it.url: expected a postgres:// URL with user, host and database or a function of env that gives one, ${secret}`,
    ],
    ...[0, 1.1, -1, NaN].map(
      (degraded) =>
        [
          `a share of ${degraded}`,
          postgres({ url: db, saturation: { degraded } }),
          `checks.it.saturation.degraded: expected a number above 0 and up to 1, received ${degraded}`,
        ] as const,
    ),
    [
      'a share of something else',
      postgres({ url: db, saturation: { unhealthy: 1 } as any }),
      'checks.it.saturation.unhealthy: unknown option; the options here are degraded',
    ],
  ])('postgres with %s', (_, check, fault) => {
    expect(faultsOf(check)).toBe(fault)
  })

  test.each([
    [{ token: 't' }, 'checks.it.url: required, but missing'],
    [{ url }, 'checks.it.token: required, but missing'],
    [
      { url: 'https://user:hush@example.com/', token: 't' },
      `checks.it.url: expected the REST URL of the database, http(s) and without credentials or a function of env that gives one, ${secret}`,
    ],
    [
      { url, token: 'a b' },
      `checks.it.token: expected a token or a function of env that gives one, ${secret}`,
    ],
    [
      { url, token: '' },
      'checks.it.token: expected a token or a function of env that gives one, received an empty string',
    ],
  ])('redis with %j', (options, fault) => {
    expect(faultsOf(redis(options as any))).toBe(fault)
  })

  test.each<readonly [object, string | RegExp]>([
    [
      { url: 'ftp://user:hush@h/' },
      `url: expected an http(s) URL or a function of env that gives one, ${secret}`,
    ],
    [{ method: 'POST' }, 'method: expected one of GET, HEAD, received "POST"'],
    [{ headers: 'a: b' }, 'headers: expected an object of headers, received a string'],
    [{ headers: ['a'] }, 'headers: expected an object of headers, received an array'],
    [{ headers: { 'a b': 'c' } }, 'headers.a b: expected the name of a header'],
    [
      { headers: { a: 'hush\nb' } },
      `headers.a: expected the value of a header or a function of env that gives one, ${secret}`,
    ],
    [
      { headers: { a: 1 } },
      'headers.a: expected the value of a header or a function of env that gives one, received a number',
    ],
    ...[99, 600, 200.5, '200', '6xx', '2XX', [], [200, 'ok'], [[200]], null].map(
      (status) =>
        [
          { status },
          /^status: expected a status from 100 to 599, a class such as '2xx', or an array/,
        ] as const,
    ),
    [{ body: {} }, 'body: expected at least one of contains, matches and json'],
    [{ body: 'ok' }, 'body: expected an object, received a string'],
    [{ body: { equals: 1 } }, 'body.equals: unknown option; the options here are contains, matches, json'],
    [{ body: { contains: '' } }, 'body.contains: expected a string that is not empty, received ""'],
    [{ body: { matches: '(' } }, 'body.matches: expected a regular expression, received "("'],
    [{ body: { matches: '' } }, 'body.matches: expected a regular expression, received ""'],
    [{ body: { matches: 1 } }, 'body.matches: expected a RegExp or the source of one, received 1'],
    [{ body: { json: { path: 'a' } } }, 'body.json: expected at least one of equals, atMost and atLeast'],
    [{ body: { json: { equals: 1 } } }, 'body.json.path: required, but missing'],
    [
      { body: { json: { path: 'a..b', equals: 1 } } },
      `body.json.path: expected a path such as 'queue.lag', 'items[0].state' or "$['a-b']", received "a..b"`,
    ],
    [
      { body: { json: { path: 'a', equals: /x/ } } },
      'body.json.equals: expected a JSON value, received an object',
    ],
    [{ body: { json: { path: 'a', equals: NaN } } }, 'body.json.equals: expected a JSON value, received NaN'],
    [
      { method: 'HEAD', body: { contains: 'a' } },
      'body: expected nothing with method HEAD, whose answers have no body, received an object',
    ],
    [{ followRedirects: 5 }, 'followRedirects: expected true or false, received 5'],
    [{ maxBodyBytes: 0 }, 'maxBodyBytes: expected a whole number of at least 1, received 0'],
    [{ retries: 1 }, /^retries: unknown option; the options here are critical, .* maxBodyBytes$/],
  ])('http with %j', (options, fault) => {
    const found = asHttp(options).replace('checks.it.', '')
    if (typeof fault === 'string') expect(found).toBe(fault)
    else expect(found).toMatch(fault)
  })

  test.each([
    [{ url: 'db1' }, `url: expected an http(s) URL or a function of env that gives one, ${secret}`],
    [{ mount: '' }, 'mount: expected a string that is not empty, received ""'],
    [{ degraded: -1 }, 'degraded: expected a number from 0 to 95, received -1'],
    [{ degraded: 96 }, 'degraded: expected a number from 0 to 95, received 96'],
    [{ degraded: 60, unhealthy: 50 }, 'degraded: expected a number from 0 to 50, received 60'],
    [{ degraded: 60, unhealthy: 101 }, 'unhealthy: expected a number from 0 to 100, received 101'],
    [{ unhealthy: '95' }, 'unhealthy: expected a number from 0 to 100, received "95"'],
    [{ path: '/' }, 'url: expected either url or path, received both'],
  ])('disk with %j', (options, fault) => {
    expect(asDisk(options)).toBe(`checks.it.${fault}`)
  })

  test.each([
    [{}, 'url: expected either url or path, received neither'],
    [{ mount: '/' }, 'url: expected either url or path, received neither'],
    [{ path: '/', mount: '/' }, 'mount: expected none beside path, which says itself which disk is meant'],
    [{ path: '' }, 'path: expected a string or a function of env that gives one, received an empty string'],
    [{ path: 7 }, 'path: expected a string or a function of env that gives one, received a number'],
    [{ path: '/', degraded: 96 }, 'degraded: expected a number from 0 to 95, received 96'],
    [{ path: '/', paths: [] }, /^paths: unknown option; the options here are .*path, url, mount/],
  ])('disk with only %j', (options, fault) => {
    const found = faultsOf(disk(options as any)).replace('checks.it.', '')
    if (typeof fault === 'string') expect(found).toBe(fault)
    else expect(found).toMatch(fault)
  })

  test.each([
    [custom(undefined as any), 'checks.it.run: expected a function of the context, received undefined'],
    [custom({} as any), 'checks.it.run: expected a function of the context, received an object'],
    [
      custom(async () => {}, { timeoutMs: 0 }),
      'checks.it.timeoutMs: expected a number of at least 1, received 0',
    ],
    [custom(async () => {}, 'no' as any), 'checks.it: expected an object, received a string'],
    [custom(async () => {}, null as any), 'checks.it: expected an object, received null'],
  ])('custom, case %#', (check, fault) => {
    expect(faultsOf(check)).toBe(fault)
  })

  test('all at once', () => {
    const faults = faultsOf(http({ url: '', status: 0, maxBodyBytes: 0, timeoutMs: 0 } as any))
    expect(faults.split('\n').map((fault) => fault.split(':')[0])).toEqual([
      'checks.it.timeoutMs',
      'checks.it.url',
      'checks.it.status',
      'checks.it.maxBodyBytes',
    ])
  })
})

describe('of two sources of one check exactly one is taken:', () => {
  const pool = { query: async () => ({}), totalCount: 0, idleCount: 0, options: { max: 1 } }
  const client = { ping: async () => 'PONG' }

  test.each<[Check<unknown>, string]>([
    [postgres({ pool } as any), ''],
    [postgres({ pool: () => pool }), ''],
    [redis({ client }), ''],
    [redis({ client: () => client, degradedAboveMs: 10 }), ''],
    [postgres({ url: db, endpoint: 'https://proxy.example.com/sql' }), ''],
    [postgres({ url: 'postgres://u:p@db.internal/db', endpoint: () => url }), ''],
    [postgres({ url: 'postgres://u:p@localhost/db' }), ''],
    [postgres({ url: ` ${db}\n` }), ''],
    [redis({ url: ` ${url}\n`, token: 'token\n' }), ''],
    [postgres({ url: db, pool } as any), 'url: expected either url or pool, received both'],
    [postgres({ pool, endpoint: url } as any), 'endpoint: expected none beside pool'],
    [postgres({ pool, saturation: {} } as any), 'saturation: expected none beside pool'],
    [
      postgres({ pool: {} } as any),
      'pool: expected a pool with query, totalCount, idleCount and options.max or a function of env that gives one, received an object',
    ],
    [redis({ url, client } as any), 'url: expected either url or client, received both'],
    [redis({ token: 't', client } as any), 'token: expected none beside client'],
    [
      redis({ client: {} } as any),
      'client: expected an object with ping() or a function of env that gives one, received an object',
    ],
    [
      postgres({ url: 'postgres://u:hush@db.internal/db' }),
      'url: expected a host of Neon (*.neon.tech, *.neon.build) or of this machine, or the option endpoint beside it, or a function of env that gives one, received a string',
    ],
    [
      postgres({ url: 'postgres://u:hush@db.internal/db', endpoint: 'db' }),
      'endpoint: expected an http(s) URL or a function of env that gives one, received a string',
    ],
  ])('case %#', (check, fault) => {
    expect(faultsOf(check).replace('checks.it.', '')).toBe(fault)
  })
})

describe('a string in place of an object or a list is not repeated:', () => {
  const hush = 'authorization: Bearer hush-9f2c'
  const policy = ['breaker', 'tags', 'probes']
  const checks: readonly (readonly [string, (options: any) => Check<unknown>, readonly string[]])[] = [
    ['http', (options) => http({ url, ...options }), ['headers', 'body', ...policy]],
    ['postgres', (options) => postgres({ url: db, ...options }), ['saturation', ...policy]],
    ['postgres by a pool', postgres, ['pool']],
    ['redis', (options) => redis({ url, token: 't', ...options }), policy],
    ['redis by a client', redis, ['client']],
    ['disk', (options) => disk({ url, ...options }), policy],
    ['custom', (options) => custom(async () => {}, options), policy],
  ]

  test.each(checks.flatMap(([kind, make, names]) => names.map((name) => [kind, name, make] as const)))(
    '%s, %s',
    (_, name, make) => {
      const found = faultsOf(make({ [name]: hush }))
      expect(found).toContain(`checks.it.${name}: expected`)
      expect(found).not.toContain('hush')
    },
  )

  test.each([
    ['all of http', http],
    ['all of postgres', postgres],
    ['all of redis', redis],
    ['all of disk', disk],
    ['the policy of custom', (given: any) => custom(async () => {}, given)],
    ['json', (given: any) => http({ url, body: { json: given } })],
    ['run', (given: any) => custom(given)],
  ])('%s', (_, make: any) => {
    expect(faultsOf(make(hush))).toContain('checks.it')
    expect(faultsOf(make(hush))).not.toContain('hush')
  })

  test.each(['service', 'checks', 'regions', 'plugins'])('%s of the whole', (name) => {
    const definition = { checks: { it: http({ url }) }, [name]: hush } as any
    expect(() => defineHealth(definition)).toThrow(`${name}: expected`)
    expect(() => defineHealth(definition)).not.toThrow('hush')
  })

  test('nor is the whole, nor a check', () => {
    expect(() => defineHealth(hush as any)).not.toThrow('hush')
    expect(faultsOf(hush)).not.toContain('hush')
  })
})

describe('no factory throws, whatever it is given, and defineHealth says so:', () => {
  const factories: readonly ((given: any) => unknown)[] = [
    postgres,
    redis,
    http,
    disk,
    (given) => custom(given, given),
  ]

  test.each([[undefined], [null], [7], ['text'], [[]]])('%j', (given) => {
    for (const factory of factories) expect(faultsOf(factory(given))).toMatch(/^checks\.it/)
  })
})

test('no fault repeats what may be a secret', () => {
  const hush = 'hush-9f2c'
  const faults = [
    postgres({ url: `postgres://user:${hush}@host:port/db` }),
    redis({ url: `rediss://default:${hush}@host`, token: `${hush} ${hush}` }),
    http({ url: `https//${hush}`, headers: { authorization: `${hush}\n${hush}` } }),
    disk({ url: `ftp://user:${hush}@host/` }),
  ].map(faultsOf)
  expect(faults.every((fault) => fault !== '')).toBe(true)
  expect(faults.join('\n')).not.toContain(hush)
})
