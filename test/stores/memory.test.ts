import { expect, test } from 'vitest'
import { memory } from '../../src/stores/memory.ts'
import { rules } from './rules.ts'
import { leaseIn, storeSuite } from './store.suite.ts'

storeSuite('memory', async () => {
  let now = 1_000_000
  return { store: memory(rules, () => now), turnClock: (ms) => void (now += ms) }
})

test('who asks may take for fresh only what is newer than ttlMs says', async () => {
  let now = 1_000_000
  const store = memory(rules, () => now)
  await store.complete(leaseIn(await store.begin('a')), {
    steady: { status: 'healthy', detail: '', durationMs: 1 },
    shaky: { status: 'healthy', detail: '', durationMs: 1 },
  })
  now += 1000
  expect((await store.begin('b', { ttlMs: 1001 })).kind).toBe('fresh')
  expect((await store.begin('b')).kind).toBe('fresh')
  expect((await store.begin('b', { ttlMs: 1000 })).kind).toBe('lease')
})
