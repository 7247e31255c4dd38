import type { Result } from '../core/cell.ts'
import type { Health } from '../core/define.ts'
import { runCheck } from './check.ts'
import type { Clock } from './clock.ts'
import { redactor } from './redact.ts'
import { slots } from './slots.ts'

/** What a round is run with. */
export interface RoundOptions {
  /** The checks to run, in this order. */
  readonly names: readonly string[]
  readonly env: unknown
  readonly clock: Clock
  /** How long the round may take. What has not finished by then is `unknown`. */
  readonly budgetMs: number
}

/** Runs these checks once, `concurrency` at a time, and gives a result for each, within the budget. */
export async function runRound(
  health: Health<never>,
  { names, env, clock, budgetMs }: RoundOptions,
): Promise<Record<string, Result>> {
  const round = new AbortController()
  const timer = setTimeout(() => round.abort(), Math.max(0, budgetMs))
  const inSlot = slots(health.concurrency)
  const context = { env, clock, redact: redactor(env), roundSignal: round.signal }
  try {
    const results = names.map(async (name) => {
      const check = Object.hasOwn(health.checks, name) ? health.checks[name] : undefined
      // During a deploy the cell may know a check that this runner does not: without a result it stays as it was.
      return check === undefined ? [] : [[name, await inSlot(() => runCheck(check, context))] as const]
    })
    return Object.fromEntries((await Promise.all(results)).flat())
  } finally {
    clearTimeout(timer)
  }
}
