import { describe, expect, test } from 'vitest'
import { connectionFailed, isMalformedAnswer, without } from '../../src/checks/failure.ts'

describe('a failed connection says what lies behind it:', () => {
  test.each([
    ['the innermost message', new TypeError('fetch failed', { cause: new Error('refused') }), 'refused'],
    [
      'its code where it has no words',
      Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }),
      'ECONNREFUSED',
    ],
    ['something where it has nothing', new Error(''), 'the request failed'],
    ['something where it is no error', 'a secret', 'the request failed'],
  ])('%s', (_, error, message) => {
    const failure = connectionFailed(error)
    expect([failure.detail, failure.message, failure.cause]).toEqual([
      'connection failed',
      message,
      undefined,
    ])
  })

  test('and not for ever when a cause is its own cause', () => {
    const error = new Error('round')
    error.cause = error
    expect(connectionFailed(error).message).toBe('round')
  })

  test('without the secrets', () => {
    expect(connectionFailed(new Error('no route to https://x/?t=hush'), ['hush']).message).toBe(
      'no route to https://x/?t=[redacted]',
    )
  })
})

test('the longest secret goes first, and one too short to be one stays', () => {
  expect(without(['hush', 'u:hush@h', 'a'], 'at u:hush@h and hush')).toBe('at [redacted] and [redacted]')
})

describe('a driver fell over', () => {
  test.each([
    ['what is no JSON', new SyntaxError('Unexpected token')],
    ['JSON of another form', new TypeError('Cannot read properties of undefined')],
  ])('%s', (_, error) => {
    expect(isMalformedAnswer(error)).toBe(true)
  })

  test.each([
    ['Node', new TypeError('terminated', { cause: new Error('other side closed') })],
    ['Workers', new Error('Network connection lost.')],
  ])('but not where the network of %s failed', (_, error) => {
    expect(isMalformedAnswer(error)).toBe(false)
  })
})
