import { expect, test } from 'vitest'
import { redactor } from '../../src/probe/redact.ts'

const env = {
  DATABASE_URL: 'postgres://shop:pl%40nted-pass@db.example.com/shop',
  BROKEN_URL: 'postgres://shop:br0ken/pa?ss@w:rd@db.example.com:notaport/shop',
  UPSTASH_REDIS_REST_TOKEN: 'AXtoken==',
  SHORT_SECRET: 'abc',
  LOG_LEVEL: 'error',
  QUOTED_PASSWORD: 'say "hi"\\now',
  CELL: { not: 'a string' },
}

test.each([
  ['a connection string', `could not connect to ${env.DATABASE_URL}`],
  ['the password as it stands in the URL', 'bad password pl%40nted-pass given'],
  ['the password decoded', 'bad password pl@nted-pass given'],
  ['user and password in the base64 of a header', `sent ${btoa('shop:pl@nted-pass')}`],
  ['the password of a malformed URL', 'near br0ken/pa?ss@w:rd'],
  ['a token', 'WRONGPASS AXtoken=='],
  ['a token percent-encoded', `?t=${encodeURIComponent('AXtoken==')}`],
  ['a short value whose name says secret', 'it was abc there'],
  ['a value as JSON writes it', JSON.stringify({ echo: env.QUOTED_PASSWORD })],
])('takes out %s', (_, text) => {
  const clean = redactor(env)(text)
  expect(clean).toContain('[redacted]')
  for (const secret of [
    'pl%40nted-pass',
    'pl@nted-pass',
    btoa('shop:pl@nted-pass'),
    'br0ken/pa?ss@w:rd',
    'AXtoken',
    'abc',
    'hi',
  ])
    expect(clean).not.toContain(secret)
})

test.each([
  ['see https://me:hunter2@example.com/x for more', 'see [redacted] for more'],
  ['sent Authorization: Bearer abc.def-123', 'sent Authorization: Bearer [redacted]'],
  ['{"password":"hunter2","x":1}', '{"password":[redacted],"x":1}'],
  ['connect failed password=hunter2 host=db', 'connect failed password=[redacted] host=db'],
])('takes credentials out of %j that are in no env', (text, clean) => {
  expect(redactor(undefined)(text)).toBe(clean)
})

test('leaves plain words as they are, those that stand in env too', () => {
  expect(redactor(env)('an error: relation "orders" does not exist')).toBe(
    'an error: relation "orders" does not exist',
  )
})

test('gives one short line of well-formed text', () => {
  const clean = redactor({})(`two\r\nlines\u0000 and \ud800 ${'x'.repeat(1000)}`)
  expect(clean).toMatch(/^two lines and \ufffd x+…$/)
  expect(clean.length).toBe(300)
})
