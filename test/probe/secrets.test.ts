import { describe, expect, test } from 'vitest'
import { reasonOf, secretsIn } from '../../src/probe/secrets.ts'

const env = {
  DATABASE_URL: 'postgres://shop:pl%40nted-pass@db.example.com/shop',
  BROKEN_URL: 'postgres://shop:br0ken/pa?ss@w:rd@db.example.com:notaport/shop',
  HOOK_URL: 'https://hooks.example.com/x?room=lobby&access_token=hook%2Ftoken',
  UPSTASH_REDIS_REST_TOKEN: 'AXtoken==',
  FILE_TOKEN: ' echoed-token \n',
  QUOTED_PASSWORD: 'say "hi"\\now',
  apiKey: 'camel-k3y',
  JSON: { deep: [{ clientSecret: 'deep-s3cret' }], auth: { user: 'inner-user' } },
  CELL: new Map([['secret', 'not looked into']]),
  SHORT_SECRET: 'abc',
  PWD: '/app',
  NODE_ENV: 'production',
  AWS_REGION: 'eu-west-1',
  KEYCLOAK_SERVICE_PORT: '443',
  KEYCLOAK_SERVICE_HOST: '10.0.0.17',
  AUTHOR: 'somebody',
}

const cleaned = (text: string): string => secretsIn(env).clean(text)

describe('it takes out', () => {
  test.each([
    ['the credentials of a URL', `could not connect as shop:pl%40nted-pass`, 'pl%40nted-pass'],
    ['a whole URL with credentials', `could not connect to ${env.DATABASE_URL}`, 'pl%40nted-pass'],
    ['a password decoded', 'bad password pl@nted-pass given', 'pl@nted-pass'],
    ['user and password in base64', `sent ${btoa('shop:pl@nted-pass')}`, btoa('shop:pl@nted-pass')],
    ['the password of a malformed URL', 'near br0ken/pa?ss@w:rd', 'br0ken'],
    ['a secret query parameter', 'no hook%2Ftoken', 'hook%2Ftoken'],
    ['a secret query parameter decoded', 'no hook/token', 'hook/token'],
    ['a token', 'WRONGPASS AXtoken==', 'AXtoken'],
    ['a token percent-encoded', `?t=${encodeURIComponent('AXtoken==')}`, 'AXtoken'],
    ['a token with its white space off', 'refused echoed-token.', 'echoed-token'],
    ['a token in base64', `got ${btoa('echoed-token')}`, btoa('echoed-token').slice(0, -1)],
    ['a value as JSON writes it', JSON.stringify({ echo: env.QUOTED_PASSWORD }), 'hi'],
    ['a value as a form writes it', 'q=say+%22hi%22%5Cnow', 'hi'],
    ['a value named in camel case', 'used camel-k3y', 'camel-k3y'],
    ['a value deep in a JSON variable', 'used deep-s3cret', 'deep-s3cret'],
    ['everything below a name that says secret', 'for inner-user', 'inner-user'],
  ])('%s', (_, text, secret) => {
    expect(cleaned(text)).toContain('[redacted]')
    expect(cleaned(text)).not.toContain(secret)
  })

  test.each([
    ['see https://me:hunter2@example.com/x for more', 'see [redacted] for more'],
    ['sent Authorization: Bearer abc.def-123', 'sent Authorization: Bearer [redacted]'],
    ['{"password":"hunter2","x":1}', '{"password":[redacted],"x":1}'],
    ['connect failed password=hunter2 host=db', 'connect failed password=[redacted] host=db'],
  ])('a credential in %j, which is in no env', (text, clean) => {
    expect(secretsIn(undefined).clean(text)).toBe(clean)
  })

  test('what was enrolled, in every spelling, from then on', () => {
    const secrets = secretsIn({})
    expect(secrets.clean('a b/c')).toBe('a b/c')
    secrets.enrol('a b/c')
    expect(secrets.clean(`1 a b/c 2 a%20b%2Fc 3 a+b%2Fc 4 ${btoa('a b/c')}`)).toBe(
      '1 [redacted] 2 [redacted] 3 [redacted] 4 [redacted]=',
    )
  })

  test('the token alone of a header that was enrolled', () => {
    const secrets = secretsIn({})
    secrets.enrol('Bearer s3cret-token')
    expect(secrets.clean('no s3cret-token here')).toBe('no [redacted] here')
  })

  test('secrets that overlap as one, the longest of those that begin together', () => {
    const secrets = secretsIn({})
    for (const text of ['abcdef', 'abcdefghi', 'hijkl']) secrets.enrol(text)
    expect(secrets.clean('1abcdefghijkl2')).toBe('1[redacted]2')
  })
})

describe('it leaves', () => {
  test.each([
    ['an error: relation "orders" does not exist'],
    ['91 jobs waiting in production, eu-west-1, /app, port 443 of 10.0.0.17'],
    ['somebody wrote abc'],
    ['lobby of hooks.example.com'],
    ['not looked into'],
  ])('%s', (text) => {
    expect(cleaned(text)).toBe(text)
  })
})

test('one short line of well-formed text comes out', () => {
  const clean = cleaned(`two\r\nlines\u0000 and \ud800 ${'x'.repeat(1000)}`)
  expect(clean).toMatch(/^two lines and \ufffd x+…$/)
  expect(clean.length).toBe(300)
})

describe('a cut leaves no half of a secret', () => {
  const secret = 'postgres-s3cret-of-the-shop'

  test.each([[0], [5], [10], [26], [27]])('at any place, %i characters before it', (before) => {
    const secrets = secretsIn({ A_SECRET: secret })
    // All that stands before it is taken out, so that the end of what is searched comes to light.
    const filler = `${secret} `.repeat(100)
    for (let at = 2048 - 256; at <= 2048; at += 27) {
      const text = filler.slice(0, at - before) + secret + filler
      expect(secrets.clean(text)).not.toContain(secret.slice(0, 6))
    }
  })

  test('with credentials that nobody enrolled', () => {
    const text = `${'token=abcdefghijk '.repeat(112)}https://me:hunter2-and-more@example.com`
    expect(secretsIn({}).clean(text)).not.toContain('hunter2')
  })
})

/** Text and environments of those who mean ill: each is cleaned in time linear in what is searched of it. */
describe('cleaning costs little, whatever', () => {
  const services = Object.fromEntries(
    Array.from({ length: 21_000 }, (_, index) => [`APP_${index}_SERVICE_PORT`, `tcp://10.0.0.${index}:443`]),
  )
  const tokens = Object.fromEntries(
    Array.from({ length: 3000 }, (_, index) => [`T_${index}_KEY`, `http://x${index}`]),
  )

  test.each([
    ['a.'.repeat(75_000), {}],
    ['://'.repeat(50_000), {}],
    ['a://@'.repeat(30_000), {}],
    ['password="'.repeat(15_000), {}],
    [`password${' '.repeat(150_000)}`, {}],
    ['bearer '.repeat(20_000), {}],
    ['http://x'.repeat(20_000), tokens],
    ['refused by 10.0.0.7', services],
  ])('%#', (text, surroundings) => {
    const secrets = secretsIn(surroundings)
    secrets.clean(text)
    const before = process.cpuUsage()
    for (let run = 0; run < 20; run += 1) secrets.clean(text)
    const { user } = process.cpuUsage(before)
    // A quadratic pattern takes seconds here. The bound is wide, as a machine may be busy.
    expect(user / 20 / 1000).toBeLessThan(50)
  })
})

test('a reason that cannot be read is said to be just that', () => {
  const hostile = Object.assign(new Error(), { message: Object.create(null) })
  expect(reasonOf(hostile, env)).toBe('threw an error that cannot be read')
  expect(reasonOf(new Error('no AXtoken=='), env)).toBe('Error: no [redacted]')
})
