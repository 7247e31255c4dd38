import type { Machine } from '../core/check.ts'
import type { Result } from '../core/check-state.ts'
import type { Health } from '../core/define.ts'
import type { Clock } from '../drivers/clock.ts'
import { runCheck } from './check.ts'
import { secretsIn } from './secrets.ts'
import { slots } from './slots.ts'

/** The terms of one round. */
export interface RoundOptions {
  /** The checks to run, in this order. */
  readonly names: readonly string[]
  readonly env: unknown
  readonly clock: Clock
  /** How long the round may take, in milliseconds. A check that has not finished by then is `unknown`. */
  readonly budgetMs: number
  /** Where it runs, if the definition names regions. */
  readonly region?: string
  /** The abilities of the host beyond `fetch`. Default none. */
  readonly machine?: Machine
}

/** Runs these checks once, `concurrency` at a time, and gives a result for each that had its turn within the budget. */
export async function runRound(
  health: Health<never>,
  { names, env, clock, budgetMs, region, machine = {} }: RoundOptions,
): Promise<Record<string, Result>> {
  const round = new AbortController()
  const timer = setTimeout(() => round.abort(), Math.max(0, budgetMs))
  const inSlot = slots(health.concurrency)
  const context = { env, clock, region, machine, secrets: secretsIn(env), roundSignal: round.signal }
  try {
    if (machine.ready !== undefined) await machine.ready()
    const results = names.map(async (name) => {
      const check = Object.hasOwn(health.checks, name) ? health.checks[name] : undefined
      // During a deploy the cell may know a check that this runner does not: it has no result, so it is unknown.
      const result =
        check && (await inSlot(async () => (round.signal.aborted ? undefined : runCheck(check, context))))
      return result === undefined ? [] : [[name, result] as const]
    })
    return Object.fromEntries((await Promise.all(results)).flat())
  } finally {
    clearTimeout(timer)
  }
}
