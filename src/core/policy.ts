import * as v from 'valibot'
import type { BreakerPolicy } from './breaker.ts'
import type { Policy, PolicyOptions } from './check.ts'
import { anything, atLeast, either, flag, listOf, oneOf, options, text, wholeAtLeast } from './schema.ts'

const BREAKER = v.pipe(
  options({
    failures: v.optional(wholeAtLeast(1)),
    resetAfterMs: v.optional(atLeast(1)),
    maxResetAfterMs: v.optional(atLeast(1)),
  }),
  v.check(
    ({ resetAfterMs = 1, maxResetAfterMs = Infinity }) => maxResetAfterMs >= resetAfterMs,
    'expected maxResetAfterMs to be at least resetAfterMs',
  ),
)

/** The schemas of the options that every check takes. */
export const POLICY_ENTRIES: v.ObjectEntries = {
  critical: v.optional(flag()),
  timeoutMs: v.optional(atLeast(1)),
  degradedAboveMs: v.optional(atLeast(0)),
  breaker: v.optional(
    either((input) =>
      typeof input === 'object' && input !== null
        ? BREAKER
        : anything((given) => given === false, 'false or { failures, resetAfterMs, maxResetAfterMs }'),
    ),
  ),
  failAfter: v.optional(wholeAtLeast(1)),
  recoverAfter: v.optional(wholeAtLeast(1)),
  tags: v.optional(listOf(text(/^[^\s,]+$/, 'a tag: characters other than commas and spaces'))),
  probes: v.optional(listOf(oneOf(['ready', 'startup']))),
}

/** Fills in every default. A default `timeoutMs` stays below the deadline of the whole, or it would open no breaker. */
export function resolvePolicy(
  {
    critical = true,
    timeoutMs,
    degradedAboveMs,
    breaker = {},
    failAfter = 1,
    recoverAfter = 1,
    tags = [],
    probes = ['ready', 'startup'],
  }: PolicyOptions,
  deadlineMs: number = Infinity,
): Policy {
  return {
    critical,
    timeoutMs: timeoutMs ?? Math.min(5000, 0.75 * deadlineMs),
    degradedAboveMs,
    breaker: breaker && resolveBreaker(breaker, failAfter),
    failAfter,
    recoverAfter,
    tags,
    probes,
  }
}

function resolveBreaker(
  { failures, resetAfterMs = 30000, maxResetAfterMs = Math.max(30000, resetAfterMs) }: Partial<BreakerPolicy>,
  failAfter: number,
): BreakerPolicy {
  // A breaker that opened before `failAfter` would turn the status bad too early.
  return { failures: failures ?? Math.max(3, failAfter), resetAfterMs, maxResetAfterMs }
}
