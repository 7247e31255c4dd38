import { defineHealth } from '../../src/core/define.ts'
import { checkOf } from '../health.ts'

/** What the store tests judge by: two checks, of which one has a breaker that opens at the first failure. */
export const rules = defineHealth({
  ttlMs: 5000,
  deadlineMs: 10_000,
  checks: {
    steady: checkOf(async () => {}),
    shaky: checkOf(async () => {}, { breaker: { failures: 1, resetAfterMs: 30_000 } }),
  },
})
