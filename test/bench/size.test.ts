import { beforeAll, expect, test } from 'vitest'
import { GOALS, type Sizes, measureSizes } from './size.ts'

let sizes: Sizes

beforeAll(async () => {
  sizes = await measureSizes()
})

test('the Worker with every driver stays small', () => {
  expect(sizes.worker).toBeLessThanOrEqual(GOALS.worker)
})

test('Allclear adds little to Hono and the drivers', () => {
  expect(sizes.own).toBeGreaterThan(0)
  expect(sizes.own).toBeLessThanOrEqual(GOALS.own)
})
