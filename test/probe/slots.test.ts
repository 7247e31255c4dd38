import { expect, test } from 'vitest'
import { slots } from '../../src/probe/slots.ts'

test('never more tasks run at once than there are slots, and each has its turn', async () => {
  const inSlot = slots(2)
  let running = 0
  const peaks: number[] = []
  const order: number[] = []
  await Promise.all(
    [0, 1, 2, 3, 4].map((index) =>
      inSlot(async () => {
        order.push(index)
        peaks.push((running += 1))
        await new Promise((resolve) => setImmediate(resolve))
        running -= 1
      }),
    ),
  )
  expect(order).toEqual([0, 1, 2, 3, 4])
  expect(Math.max(...peaks)).toBe(2)
})

test('a task that throws gives its slot back', async () => {
  const inSlot = slots(1)
  await expect(inSlot(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  await expect(inSlot(async () => 'next')).resolves.toBe('next')
})
