import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type DailyUse, type Deployment, FREE_PLAN, dailyUse, monthlyDollars } from './cost.ts'

const SMALL: Deployment = { regions: 3, checks: 25, intervalS: 60 }
const LARGE: Deployment = { regions: 8, checks: 200, intervalS: 30 }

test('3 regions with 25 checks a minute stay inside the free plan', () => {
  const use = dailyUse(SMALL)
  for (const what of Object.keys(FREE_PLAN) as (keyof DailyUse)[]) {
    expect(use[what], what).toBeLessThan(FREE_PLAN[what])
  }
})

test.each([SMALL, LARGE])('docs/cost.md gives the figures of the formula for %o', (deployment) => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/cost.md'), 'utf8')
  const { objectRequests, rowsWritten, gbSeconds, invocations } = dailyUse(deployment)
  const { regions, checks, intervalS } = deployment
  const figures = [objectRequests, rowsWritten, gbSeconds, invocations].map((figure) =>
    figure.toLocaleString('en'),
  )
  expect(text).toContain(`| ${regions} × ${checks} × ${intervalS} s | ${figures.join(' | ')} |`)
})

test('docs/cost.md gives the price of the large one', () => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/cost.md'), 'utf8')
  expect(text).toContain(`$${monthlyDollars(dailyUse(LARGE)).toFixed(2)} a month`)
})
