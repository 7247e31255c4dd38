import { describe, expect, test } from 'vitest'
import { connectionFailed } from '../../src/drivers/failure.ts'

describe('a failed connection gives as its reason', () => {
  test.each([
    ['the innermost message', new TypeError('fetch failed', { cause: new Error('refused') }), 'refused'],
    [
      'the code where there is no message',
      Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }),
      'ECONNREFUSED',
    ],
    ['a fixed text where there is neither', new Error(''), 'the request failed'],
    ['a fixed text for what is no error', 'a secret', 'the request failed'],
  ])('%s', (_, error, message) => {
    const failure = connectionFailed(error)
    expect([failure.detail, failure.message, failure.cause]).toEqual([
      'connection failed',
      message,
      undefined,
    ])
  })

  test('its own message where an error is its own cause', () => {
    const error = new Error('round')
    error.cause = error
    expect(connectionFailed(error).message).toBe('round')
  })
})
