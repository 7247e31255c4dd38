import { afterEach, expect, test, vi } from 'vitest'
import { background } from '../../src/hosts/background.ts'

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

test('whatever is thrown is told, and the next time comes', async () => {
  vi.useFakeTimers()
  const told: unknown[] = []
  const failing = vi.fn(() => Promise.reject(new Error('lost')))
  const { stop } = background(failing, {
    intervalMs: 1000,
    random: () => 0,
    onError: (error) => told.push(error),
  })
  await vi.advanceTimersByTimeAsync(3000)
  expect([failing.mock.calls.length, told.length]).toEqual([4, 4])
  await stop()
})

test('it does not keep a process alive that has nothing else to live for', async () => {
  const set = vi.spyOn(globalThis, 'setTimeout')
  const { stop } = background(async () => {}, { intervalMs: 60_000, random: () => 0, onError: () => {} })
  const timer = set.mock.results[0]?.value as unknown as NodeJS.Timeout
  expect([set.mock.calls.length, timer.hasRef()]).toEqual([1, false])
  await stop()
})

test('its end waits for what is under way', async () => {
  vi.useFakeTimers()
  const { promise, resolve } = Promise.withResolvers<void>()
  const { stop } = background(() => promise, { intervalMs: 1000, random: () => 0, onError: () => {} })
  let isStopped = false
  const stopped = stop().then(() => (isStopped = true))
  await vi.advanceTimersByTimeAsync(5000)
  expect([isStopped, vi.getTimerCount()]).toEqual([false, 0])
  resolve()
  await stopped
})
