import { describe, expect, test } from 'vitest'
import type { Check } from '../../src/core/check.ts'
import { ConfigError } from '../../src/core/config-error.ts'
import { type HealthOptions, defineHealth } from '../../src/core/define.ts'
import { httpUrl, value } from '../../src/core/schema.ts'

const probe = async (): Promise<void> => {}

/** A check of a kind with two options of its own, as the user may have written it. */
function check(options: object = {}): Check<unknown> {
  return { kind: 'fake', options, entries: { url: httpUrl(), token: value() }, probe }
}

const URL_OPTION = { url: 'https://example.com', token: () => 'token' }
const checks = { db: check(URL_OPTION) }

/** Every fault as a line, `path: message`; none where the definition is accepted. */
function faultsOf(definition: unknown): readonly string[] {
  try {
    defineHealth(definition as HealthOptions<unknown>)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const lines = error.faults.map(({ path, message }) => `${path}: ${message}`)
    expect(error.message.split('\n'), 'the message lists what the error holds').toEqual(lines)
    return lines
  }
}

describe('a definition', () => {
  test('of nothing but checks has every default', () => {
    const health = defineHealth({ checks })
    expect(health).toEqual({
      service: { name: 'allclear' },
      checks: {
        db: {
          kind: 'fake',
          hasOwnWords: false,
          probe,
          policy: {
            critical: true,
            timeoutMs: 5000,
            degradedAboveMs: undefined,
            breaker: { failures: 3, resetAfterMs: 30_000, maxResetAfterMs: 30_000 },
            failAfter: 1,
            recoverAfter: 1,
            tags: [],
            probes: ['ready', 'startup'],
          },
        },
      },
      ttlMs: 5000,
      deadlineMs: 8000,
      staleWhileRevalidateMs: 0,
      concurrency: 6,
      regions: [],
      quorum: 'majority',
      intervalMs: undefined,
      staleAfterMs: 15_000,
      metricsPrefix: 'app',
      token: expect.any(Function),
      plugins: [],
    })
  })

  test('keeps every option as it was given', () => {
    const options = {
      service: { name: 'shop', version: '1.4.2', description: 'sells' },
      ttlMs: 1000,
      deadlineMs: 2000,
      staleWhileRevalidateMs: 30_000,
      concurrency: 1,
      regions: ['weur', 'apac-ne', 'me'],
      quorum: 3,
      intervalMs: 60_000,
      staleAfterMs: 90_000,
      metricsPrefix: 'shop_eu',
      token: () => 'secret',
      plugins: [{ name: 'hello', options: {}, entries: {} }],
    } as const
    const policy = {
      critical: false,
      timeoutMs: 250,
      degradedAboveMs: 0,
      breaker: { failures: 2, resetAfterMs: 10, maxResetAfterMs: 20 },
      failAfter: 2,
      recoverAfter: 3,
      tags: ['data'],
      probes: ['startup'],
    } as const
    const health = defineHealth({ ...options, checks: { db: check({ ...URL_OPTION, ...policy }) } })
    expect(health).toMatchObject(options)
    expect(health.checks['db']?.policy).toEqual(policy)
  })

  test('may leave an option open: undefined is the default', () => {
    const open = { ttlMs: undefined, service: undefined, regions: undefined, token: undefined }
    const policy = {
      critical: undefined,
      breaker: { failures: undefined, resetAfterMs: 50 },
      tags: undefined,
    }
    const health = defineHealth({ ...open, checks: { db: check({ ...URL_OPTION, ...policy }) } } as never)
    expect(health).toMatchObject({ ttlMs: 5000, service: { name: 'allclear' } })
    expect(health.checks['db']?.policy).toMatchObject({
      critical: true,
      breaker: { failures: 3, resetAfterMs: 50, maxResetAfterMs: 30_000 },
      tags: [],
    })
  })

  test.each([
    [{}, 15_000],
    [{ ttlMs: 1000 }, 8000],
    [{ ttlMs: 1000, deadlineMs: 2000 }, 3000],
    [{ intervalMs: 60_000 }, 180_000],
    [{ ttlMs: 90_000, intervalMs: 60_000 }, 270_000],
    [{ intervalMs: 60_000, staleAfterMs: 61_000 }, 61_000],
  ])('of %j is stale after %d ms', (options, staleAfterMs) => {
    expect(defineHealth({ ...options, checks }).staleAfterMs).toBe(staleAfterMs)
  })

  test.each([
    [8000, 5000],
    [6667, 5000],
    [2000, 1500],
    [10, 7.5],
  ])(
    'with a deadline of %d ms gives a check a timeout of %d ms, which can open a breaker',
    (deadlineMs, timeoutMs) => {
      expect(defineHealth({ deadlineMs, checks }).checks['db']?.policy.timeoutMs).toBe(timeoutMs)
    },
  )

  test('with a failAfter beyond three has a breaker that opens no earlier', () => {
    const { checks } = defineHealth({ checks: { db: check({ ...URL_OPTION, failAfter: 5 }) } })
    expect(checks['db']?.policy.breaker).toMatchObject({ failures: 5 })
  })

  test.each<readonly [object, object, string]>([
    [{ timeoutMs: 8000 }, {}, 'checks.db.timeoutMs: expected less than deadlineMs, 8000, received 8000'],
    [
      { timeoutMs: 2000 },
      { deadlineMs: 1000 },
      'checks.db.timeoutMs: expected less than deadlineMs, 1000, received 2000',
    ],
    [
      { failAfter: 5, breaker: { failures: 4 } },
      {},
      'checks.db.failAfter: expected at most breaker.failures, 4, received 5',
    ],
  ])('whose check says %j in %j contradicts itself', (policy, whole, fault) => {
    expect(() => defineHealth({ ...whole, checks: { db: check({ ...URL_OPTION, ...policy }) } })).toThrow(
      fault,
    )
  })

  test.each([
    [{ failAfter: 5, breaker: false }],
    [{ failAfter: 5, breaker: { resetAfterMs: 10 } }],
    [{ failAfter: 4, breaker: { failures: 4 } }],
    [{ timeoutMs: 7999 }],
  ])('whose check says %j does not', (policy) => {
    expect(() => defineHealth({ checks: { db: check({ ...URL_OPTION, ...policy } as never) } })).not.toThrow()
  })

  test('whose region is no text is a ConfigError, however odd', () => {
    const odd = Object.create(null) as never
    for (const regions of [[null], [Symbol('x')], [odd, odd], [7n, 7n], 'weur', [['weur']]]) {
      expect(() => defineHealth({ regions: regions as never, checks })).toThrow(ConfigError)
    }
  })

  test.each([
    [{}, { resetAfterMs: 30_000, maxResetAfterMs: 30_000 }],
    [{ resetAfterMs: 60_000 }, { resetAfterMs: 60_000, maxResetAfterMs: 60_000 }],
    [{ resetAfterMs: 1000 }, { resetAfterMs: 1000, maxResetAfterMs: 30_000 }],
    [{ maxResetAfterMs: 90_000 }, { resetAfterMs: 30_000, maxResetAfterMs: 90_000 }],
  ])('with a breaker of %j waits %j', (breaker, waits) => {
    const health = defineHealth({ checks: { db: check({ ...URL_OPTION, breaker }) } })
    expect(health.checks['db']?.policy.breaker).toEqual({ failures: 3, ...waits })
  })

  test('may switch a breaker off', () => {
    const health = defineHealth({ checks: { db: check({ ...URL_OPTION, breaker: false }) } })
    expect(health.checks['db']?.policy.breaker).toBe(false)
  })

  test('gives way: the defaults of a kind to what the user wrote, the common ones to both', () => {
    const kind = { ...check(URL_OPTION), defaults: { degradedAboveMs: 50, critical: false } }
    const written = { ...kind, options: { ...URL_OPTION, degradedAboveMs: 80, critical: undefined } }
    const health = defineHealth({ checks: { kind, written } } as never)
    expect(health.checks['kind']?.policy).toMatchObject({
      degradedAboveMs: 50,
      critical: false,
      timeoutMs: 5000,
    })
    expect(health.checks['written']?.policy).toMatchObject({ degradedAboveMs: 80, critical: false })
  })

  test('knows of each kind whether its details are its own words', () => {
    const own = { ...check(URL_OPTION), hasOwnWords: true }
    const health = defineHealth({ checks: { own, fixed: check(URL_OPTION) } })
    expect(Object.values(health.checks).map(({ hasOwnWords }) => hasOwnWords)).toEqual([true, false])
  })

  test.each([
    [{ ALLCLEAR_TOKEN: 'from env' }, 'from env'],
    [{}, undefined],
    [undefined, undefined],
  ])('without a token looks for one in env: %j', (env, found) => {
    const { token } = defineHealth<unknown>({ checks })
    expect(typeof token === 'function' && token(env)).toBe(found)
  })
})

const OPTIONS =
  'service, checks, ttlMs, deadlineMs, staleWhileRevalidateMs, concurrency, regions, quorum, intervalMs, staleAfterMs, metricsPrefix, token, plugins'
const REGIONS = 'wnam, enam, weur, eeur, apac, apac-ne, apac-se, oc, sam, afr, me'
const LONGEST = 2 ** 31 - 1

describe('a wrong option of the whole', () => {
  test.each<[options: object, fault: string]>([
    [{ service: 'shop' }, 'service: expected an object, received a string'],
    [{ service: {} }, 'service.name: required, but missing'],
    [{ service: { name: '' } }, 'service.name: expected a string that is not empty, received ""'],
    [
      { service: { name: 'shop', version: 2 } },
      'service.version: expected a string that is not empty, received 2',
    ],
    [
      { service: { name: 'shop', description: null } },
      'service.description: expected a string that is not empty, received null',
    ],
    [
      { service: { name: 'shop', verison: '1' } },
      'service.verison: unknown option; the options here are name, version, description',
    ],
    [{ ttlMs: 0 }, 'ttlMs: expected a number of at least 1, received 0'],
    [{ ttlMs: '5s' }, 'ttlMs: expected a number of at least 1, received "5s"'],
    [{ ttlMs: NaN }, 'ttlMs: expected a number of at least 1, received NaN'],
    [{ ttlMs: null }, 'ttlMs: expected a number of at least 1, received null'],
    [{ ttlMs: 1n }, 'ttlMs: expected a number of at least 1, received 1'],
    [{ ttlMs: LONGEST + 1 }, `ttlMs: expected a number of at most ${LONGEST}, received ${LONGEST + 1}`],
    [{ deadlineMs: -1 }, 'deadlineMs: expected a number of at least 1, received -1'],
    [{ deadlineMs: Infinity }, `deadlineMs: expected a number of at most ${LONGEST}, received Infinity`],
    [{ concurrency: 0 }, 'concurrency: expected a whole number of at least 1, received 0'],
    [{ concurrency: 1.5 }, 'concurrency: expected a whole number of at least 1, received 1.5'],
    [{ concurrency: Infinity }, 'concurrency: expected a whole number of at least 1, received Infinity'],
    [{ regions: 'weur' }, 'regions: expected an array, received "weur"'],
    [{ regions: [] }, 'regions: expected at least one region'],
    [{ regions: ['weur', 'mars'] }, `regions.1: expected one of ${REGIONS}, received "mars"`],
    [{ regions: ['weur', 'enam', 'weur'] }, 'regions: weur stands there twice'],
    [{ quorum: 'most' }, 'quorum: expected one of majority, any, all, received "most"'],
    [{ quorum: 0 }, 'quorum: expected a whole number of at least 1, received 0'],
    [{ quorum: NaN }, 'quorum: expected a whole number of at least 1, received NaN'],
    [{ quorum: 2 }, 'quorum: expected at most the number of regions, 1, received 2'],
    [
      { quorum: 3, regions: ['weur', 'enam'] },
      'quorum: expected at most the number of regions, 2, received 3',
    ],
    [{ intervalMs: 999 }, 'intervalMs: expected a number of at least 1000, received 999'],
    [{ intervalMs: false }, 'intervalMs: expected a number of at least 1000, received false'],
    [{ intervalMs: 7999 }, 'intervalMs: expected at least deadlineMs, 8000, received 7999'],
    [{ staleAfterMs: 4999 }, 'staleAfterMs: expected at least ttlMs, 5000, received 4999'],
    [{ ttlMs: 90_000, staleAfterMs: 89_999 }, 'staleAfterMs: expected at least ttlMs, 90000, received 89999'],
    [{ intervalMs: 3000, deadlineMs: 4000 }, 'intervalMs: expected at least deadlineMs, 4000, received 3000'],
    [{ staleAfterMs: 0 }, 'staleAfterMs: expected a number of at least 1, received 0'],
    [
      { metricsPrefix: '1app' },
      'metricsPrefix: expected a metric name: letters, digits and _, no digit first, received "1app"',
    ],
    [
      { metricsPrefix: 'my-app' },
      'metricsPrefix: expected a metric name: letters, digits and _, no digit first, received "my-app"',
    ],
    [
      { metricsPrefix: 'app\n' },
      'metricsPrefix: expected a metric name: letters, digits and _, no digit first, received "app\\n"',
    ],
    [{ token: '' }, 'token: expected a string or a function of env that gives one, received an empty string'],
    [{ token: ['x'] }, 'token: expected a string or a function of env that gives one, received an array'],
    [{ ttl: 5 }, `ttl: unknown option; the options here are ${OPTIONS}`],
    [{ toString: 5 }, `toString: unknown option; the options here are ${OPTIONS}`],
  ])('%o is named', (options, fault) => {
    expect(faultsOf({ checks, ...options })).toEqual([fault])
  })

  test.each<[options: object]>([
    [{ ttlMs: 1 }],
    [{ ttlMs: LONGEST }],
    [{ ttlMs: 0.5 + 1 }],
    [{ intervalMs: 8000 }],
    [{ staleAfterMs: 5000 }],
    [{ intervalMs: 1000, deadlineMs: 1000 }],
    [{ quorum: 1 }],
    [{ quorum: 2, regions: ['sam', 'afr'] }],
    [{ quorum: 'all' }],
    [{ quorum: 'any' }],
    [{ regions: REGIONS.split(', ') }],
    [{ metricsPrefix: '_' }],
    [{ token: 'static' }],
  ])('%o is none', (options) => {
    expect(faultsOf({ checks, ...options })).toEqual([])
  })
})

const CHECK_OPTIONS =
  'critical, timeoutMs, degradedAboveMs, breaker, failAfter, recoverAfter, tags, probes, url, token'
const BREAKER = 'false or { failures, resetAfterMs, maxResetAfterMs }'

describe('a wrong option of a check', () => {
  test.each<[options: object, fault: string]>([
    [{ critical: 'no' }, 'critical: expected true or false, received "no"'],
    [{ timeoutMs: 0 }, 'timeoutMs: expected a number of at least 1, received 0'],
    [{ timeoutMs: 3e9 }, `timeoutMs: expected a number of at most ${LONGEST}, received 3000000000`],
    [{ degradedAboveMs: -1 }, 'degradedAboveMs: expected a number of at least 0, received -1'],
    [{ breaker: true }, `breaker: expected ${BREAKER}, received true`],
    [{ breaker: null }, `breaker: expected ${BREAKER}, received null`],
    [{ breaker: { failures: 0 } }, 'breaker.failures: expected a whole number of at least 1, received 0'],
    [{ breaker: { failures: 2.5 } }, 'breaker.failures: expected a whole number of at least 1, received 2.5'],
    [{ breaker: { resetAfterMs: 0 } }, 'breaker.resetAfterMs: expected a number of at least 1, received 0'],
    [
      { breaker: { maxResetAfterMs: 'x' } },
      'breaker.maxResetAfterMs: expected a number of at least 1, received "x"',
    ],
    [
      { breaker: { resetAfterMs: 20, maxResetAfterMs: 10 } },
      'breaker: expected maxResetAfterMs to be at least resetAfterMs',
    ],
    [
      { breaker: { failures: 3, halfOpen: 1 } },
      'breaker.halfOpen: unknown option; the options here are failures, resetAfterMs, maxResetAfterMs',
    ],
    [{ failAfter: 0 }, 'failAfter: expected a whole number of at least 1, received 0'],
    [{ recoverAfter: 1.2 }, 'recoverAfter: expected a whole number of at least 1, received 1.2'],
    [{ tags: 'data' }, 'tags: expected an array, received "data"'],
    [{ tags: ['a,b'] }, 'tags.0: expected a tag: characters other than commas and spaces, received "a,b"'],
    [{ tags: ['ok', ''] }, 'tags.1: expected a tag: characters other than commas and spaces, received ""'],
    [{ probes: ['live'] }, 'probes.0: expected one of ready, startup, received "live"'],
    [{ timeout: 5 }, `timeout: unknown option; the options here are ${CHECK_OPTIONS}`],
    [
      { url: undefined },
      'url: expected an http(s) URL or a function of env that gives one, received undefined',
    ],
    [{ url: {} }, 'url: expected an http(s) URL or a function of env that gives one, received an object'],
  ])('%o is named', (options, fault) => {
    const definition = { checks: { db: check({ ...URL_OPTION, ...options }) } }
    expect(faultsOf(definition)).toEqual([`checks.db.${fault}`])
  })

  test('is named where it is missing', () => {
    expect(faultsOf({ checks: { db: check({ token: 'x' }) } })).toEqual([
      'checks.db.url: required, but missing',
    ])
  })
})

test('every fault is listed at once', () => {
  const definition = {
    ttlMs: 0,
    colour: 'red',
    flavour: 'sour',
    checks: {
      redis: check({ ...URL_OPTION, timeoutMs: 0, colour: 'red', flavour: 'sour', tags: [1, 2] }),
      '1st': check({ ...URL_OPTION, critical: 0 }),
    },
    regions: ['weur', 'weur', 'mars'],
    quorum: 9,
    plugins: ['hello'],
  }
  expect(faultsOf(definition)).toEqual([
    'ttlMs: expected a number of at least 1, received 0',
    `regions.2: expected one of ${REGIONS}, received "mars"`,
    `colour: unknown option; the options here are ${OPTIONS}`,
    `flavour: unknown option; the options here are ${OPTIONS}`,
    'checks.redis.timeoutMs: expected a number of at least 1, received 0',
    'checks.redis.tags.0: expected a tag: characters other than commas and spaces, received 1',
    'checks.redis.tags.1: expected a tag: characters other than commas and spaces, received 2',
    `checks.redis.colour: unknown option; the options here are ${CHECK_OPTIONS}`,
    `checks.redis.flavour: unknown option; the options here are ${CHECK_OPTIONS}`,
    'checks.1st: a check name matches ^[a-zA-Z][a-zA-Z0-9_-]{0,62}$',
    'checks.1st.critical: expected true or false, received 0',
    'plugins.0: expected a plugin, such as its factory gives',
    'regions: weur stands there twice',
    'quorum: expected at most the number of regions, 3, received 9',
  ])
})

const PASSWORD = 'hunter2'

describe('a secret in a wrong place is never repeated:', () => {
  test.each<[string, object]>([
    ['a url of another scheme', { url: `postgres://app:${PASSWORD}@db.example.com/shop` }],
    ['a url without a scheme', { url: `app:${PASSWORD}@db.example.com` }],
    ['a url in an array', { url: [`https://app:${PASSWORD}@example.com`] }],
    ['a url in an object', { url: { href: `https://app:${PASSWORD}@example.com` } }],
    ['a token in an array', { token: [PASSWORD] }],
    ['an unknown option', { password: PASSWORD }],
  ])('%s', (_, options) => {
    const faults = faultsOf({ checks: { db: check({ ...URL_OPTION, ...options }) } })
    expect(faults).toHaveLength(1)
    expect(faults[0]).not.toContain(PASSWORD)
  })

  test('a url in place of the options', () => {
    const given = { ...check(), options: `https://app:${PASSWORD}@example.com` }
    expect(faultsOf({ checks: { db: given } })).toEqual(['checks.db: expected an object, received a string'])
  })

  test('a token that is a number', () => {
    const faults = faultsOf({ token: 123_456, checks: { db: check({ ...URL_OPTION, token: 123_456 }) } })
    const fault = 'token: expected a string or a function of env that gives one, received a number'
    expect(faults).toEqual([fault, `checks.db.${fault}`])
  })
})

describe('checks', () => {
  const NAMING = 'a check name matches ^[a-zA-Z][a-zA-Z0-9_-]{0,62}$'

  test.each(['a', 'Postgres', 'db-1_eu', 'constructor', 'toString', `a${'b'.repeat(62)}`])(
    'may be named %s',
    (name) => {
      const health = defineHealth({ checks: { [name]: check(URL_OPTION) } })
      expect(Object.keys(health.checks)).toEqual([name])
    },
  )

  test.each([
    '',
    '1st',
    '-a',
    '_a',
    'a b',
    'a.b',
    'a/b',
    'a:b',
    'é',
    'a\n',
    '__proto__',
    `a${'b'.repeat(63)}`,
  ])('may not be named %j', (name) => {
    const checks = Object.fromEntries([[name, check(URL_OPTION)]])
    expect(() => defineHealth({ checks })).toThrow(`checks.${name}: ${NAMING}`)
  })

  test.each<[unknown, string]>([
    [undefined, 'received undefined'],
    [null, 'received null'],
    [{}, 'received an object'],
    [[], 'received an array'],
    ['db', 'received "db"'],
    [{ __proto__: { db: check(URL_OPTION) } }, 'received an object'],
  ])('must be at least one, and not %o', (given, received) => {
    expect(faultsOf({ checks: given })).toEqual([
      `checks: expected an object with at least one check, ${received}`,
    ])
  })

  test('must be there', () => {
    expect(faultsOf({})).toEqual(['checks: required, but missing'])
  })

  test.each([
    [null],
    [undefined],
    ['https://example.com'],
    [() => check()],
    [{}],
    [{ kind: 'fake' }],
    [{ probe }],
    [{ kind: 'fake', probe: 'GET' }],
  ])('must be checks, and not %o', (given) => {
    expect(faultsOf({ checks: { db: given } })).toEqual([
      'checks.db: expected a check, such as http({ url }) gives',
    ])
  })

  test('say so where their options are none', () => {
    const given = { ...check(), options: undefined }
    expect(faultsOf({ checks: { db: given } })).toEqual(['checks.db: expected an object, received undefined'])
  })
})

test.each<[unknown, string]>([
  [undefined, 'undefined'],
  [null, 'null'],
  ['shop', 'a string'],
  [7, 'a number'],
  [() => ({ checks }), 'a function'],
])('a definition must be an object, and not %o', (given, received) => {
  expect(faultsOf(given)).toEqual([`definition: expected an object, received ${received}`])
})
