import { type Health, defineHealth } from '../../src/core/define.ts'
import { checkOf } from '../health.ts'

/** The definition of the store tests: two checks, one with a breaker that opens at the first failure. */
export const rules: Health<unknown> = defineHealth({
  ttlMs: 5000,
  deadlineMs: 10_000,
  checks: {
    steady: checkOf(async () => {}),
    shaky: checkOf(async () => {}, { breaker: { failures: 1, resetAfterMs: 30_000 } }),
  },
})
