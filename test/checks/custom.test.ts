import { describe, expect, test } from 'vitest'
import { custom } from '../../src/checks/custom.ts'
import { defineHealth } from '../../src/core/define.ts'
import { systemClock } from '../../src/drivers/clock.ts'
import { probeOf, thrown } from './verdict.ts'

describe('a custom check gives what its function gives', () => {
  const outcome = { status: 'degraded', detail: '91 jobs waiting' } as const

  test('an outcome', async () => {
    expect(await probeOf(custom(async () => outcome))).toBe(outcome)
  })

  test('a status', async () => {
    expect(await probeOf(custom(async () => 'unhealthy'))).toBe('unhealthy')
  })

  test('nothing', async () => {
    expect(await probeOf(custom(async () => {}))).toBeUndefined()
  })

  test('at once, without the promise that its type asks for', async () => {
    expect(await probeOf(custom((() => 'healthy') as any))).toBe('healthy')
  })
})

test('a throw before the first promise is a rejection like any other', async () => {
  const error = new Error('too early')
  const check = custom(() => {
    throw error
  })
  expect(await thrown(probeOf(check))).toBe(error)
})

test('its function gets env, the signal and the clock', async () => {
  const { signal } = new AbortController()
  const seen = custom(async ({ env, signal: given, now }) => ({
    status: env === 'env' && given === signal && now === systemClock.now ? 'healthy' : 'unhealthy',
  }))
  expect(await probeOf(seen, 'env', { signal })).toEqual({ status: 'healthy' })
})

test('its policy is that of any check', () => {
  const { checks } = defineHealth({
    checks: { jobs: custom(async () => {}, { critical: false, tags: ['slow'] }) },
  })
  expect(checks['jobs']?.policy).toMatchObject({ critical: false, tags: ['slow'], timeoutMs: 5000 })
})
