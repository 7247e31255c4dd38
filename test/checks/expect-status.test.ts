import { describe, expect, test } from 'vitest'
import { type StatusExpectation, isExpectedStatus } from '../../src/checks/expect-status.ts'

describe('a status is expected', () => {
  test.each<[number, StatusExpectation]>([
    [200, 200],
    [200, '2xx'],
    [299, '2xx'],
    [302, '3xx'],
    [404, '4xx'],
    [503, '5xx'],
    [204, [200, 204]],
    [301, [200, '3xx']],
  ])('%i by %j', (status, expected) => {
    expect(isExpectedStatus(status, expected)).toBe(true)
  })

  test.each<[number, StatusExpectation]>([
    [201, 200],
    [300, '2xx'],
    [199, '2xx'],
    [200, '3xx'],
    [202, [200, 204]],
    [404, [200, '3xx']],
    [200, []],
  ])('but %i is not by %j', (status, expected) => {
    expect(isExpectedStatus(status, expected)).toBe(false)
  })
})
