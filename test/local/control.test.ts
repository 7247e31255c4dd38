import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { startControl } from '../../src/local/control.ts'
import type { LocalControl } from '../../src/local/control.ts'
import { createFaults } from '../../src/local/faults.ts'

const postgres = createFaults()
const redis = createFaults()
let control: LocalControl

beforeAll(async () => {
  control = await startControl({ postgres, redis })
})
afterEach(() => {
  postgres.mend()
  redis.mend()
})
afterAll(() => control.close())

const call = async (method: string, path: string): Promise<readonly [number, unknown]> => {
  const response = await fetch(`${control.origin}${path}`, { method })
  return [response.status, await response.json()]
}

test.each(['down', 'slow', 'hang', 'wrong'] as const)(
  'it switches one dependency to %s and back',
  async (mode) => {
    expect(await call('POST', `/redis/${mode}`)).toEqual([200, { redis: { mode, hits: 0 } }])
    expect([postgres.mode(), redis.mode()]).toEqual(['ok', mode])
    expect(await call('POST', '/redis/mend')).toEqual([200, { redis: { mode: 'ok', hits: 0 } }])
    expect(redis.mode()).toBe('ok')
  },
)

test('it lists the dependencies, their modes and their hits', async () => {
  const request = { method: 'GET', path: '/', headers: {}, body: '' }
  await postgres.admit(request, new AbortController().signal)
  redis.set('hang')
  expect(await call('GET', '/')).toEqual([
    200,
    { postgres: { mode: 'ok', hits: 1 }, redis: { mode: 'hang', hits: 0 } },
  ])
})

test.each(['/kafka/down', '/constructor/down', '/kafka'])('%s names no dependency', async (path) => {
  const error = `unknown dependency "${path.split('/')[1]}": known are postgres, redis`
  expect(await call('POST', path)).toEqual([404, { error }])
})

test.each(['/redis/broken', '/redis/ok', '/redis/', '/redis'])('%s names no mode', async (path) => {
  const error = `unknown mode "${path.split('/')[2] ?? ''}": known are down, slow, hang, wrong, mend`
  expect(await call('POST', path)).toEqual([400, { error }])
})

test('a look switches nothing', async () => {
  expect(await call('GET', '/redis/down')).toEqual([405, { error: 'method not allowed: use POST' }])
  expect(redis.mode()).toBe('ok')
  expect(await call('POST', '/')).toEqual([405, { error: 'method not allowed: use GET' }])
})

test('it switches a dependency for one region alone', async () => {
  await call('POST', '/redis/down?region=apac')
  const verdict = (region: string) =>
    redis.admit(
      { method: 'GET', path: '/', headers: { 'allclear-region': region }, body: '' },
      new AbortController().signal,
    )
  expect([await verdict('apac'), await verdict('weur')]).toEqual(['drop', 'answer'])
  await call('POST', '/redis/mend')
  expect(await verdict('apac')).toBe('answer')
})
