import { WorkerEntrypoint } from 'cloudflare:workers'
import type { Result } from '../core/check-state.ts'
import type { Health } from '../core/define.ts'
import { systemClock } from '../drivers/clock.ts'
import { DELIVERY_MS } from '../poll/time.ts'
import { runRound } from '../probe/round.ts'
import { durableObject } from '../stores/durable-object.ts'
import type { RoundOrder } from '../stores/durable-object-cell.ts'
import { observeColo } from './colo.ts'

/** The part of a round that one invocation runs. */
export interface ProbeOrder {
  readonly cell: string
  readonly names: readonly string[]
  readonly budgetMs: number
}

/** The calls that a Prober takes. */
export interface ProberEntrypoint {
  /** Takes a round on, and does not wait for its end. */
  round(order: RoundOrder): void
  /** Runs some checks of a round. */
  probe(order: ProbeOrder): Promise<Record<string, Result>>
}

export type ProberClass = new (
  ctx: ExecutionContext,
  env: Cloudflare.Env,
) => WorkerEntrypoint & ProberEntrypoint

/** The part of a platform's context that holds the Worker's own exports. */
interface WithExports {
  readonly exports?: { readonly Prober?: ProberEntrypoint }
}

/** The Worker's own Prober. It runs where its caller runs. */
export function proberOf(ctx: unknown): ProberEntrypoint {
  const prober = (ctx as WithExports).exports?.Prober
  if (prober === undefined)
    throw new Error('Prober is not exported: the Worker needs `export const { Prober, … }`')
  return prober
}

/**
 * Makes the class of the stateless invocations that run the rounds of a cell where its object is. One invocation takes
 * the round, spreads it over further ones of `concurrency` checks each, and delivers all results in one call.
 */
export function proberClass(
  health: Health<never>,
  cellNamespace: (env: unknown) => DurableObjectNamespace,
): ProberClass {
  return class Prober extends WorkerEntrypoint implements ProberEntrypoint {
    round(order: RoundOrder): void {
      this.ctx.waitUntil(this.#run(order))
    }

    probe({ cell, names, budgetMs }: ProbeOrder): Promise<Record<string, Result>> {
      const region = health.regions.find((known) => known === cell)
      const where = region === undefined ? {} : { region }
      return runRound(health, { names, env: this.env, clock: systemClock, budgetMs, ...where })
    }

    async #run({ cell, lease, host }: RoundOrder): Promise<void> {
      // The time for two deliveries: of the results to the object, and of the snapshot to the poll that waits for it.
      const budgetMs = health.deadlineMs - 2 * Math.min(DELIVERY_MS, health.deadlineMs / 10)
      const [own = [], ...others] = chunks(lease.checks, health.concurrency)
      const prober = proberOf(this.ctx)
      const [colo, ...results] = await Promise.all([
        observeColo(host),
        this.probe({ cell, names: own, budgetMs }),
        ...others.map((names) => prober.probe({ cell, names, budgetMs }).catch(noResults)),
      ])
      const store = durableObject(cellNamespace(this.env), cell)
      await store.complete(lease, Object.assign({}, ...results), colo)
    }
  }
}

/** The cell takes the checks of a lost invocation, which have no results, for unknown. */
function noResults(error: unknown): Record<string, Result> {
  console.warn(`allclear: a part of a round was lost: ${error instanceof Error ? error.name : typeof error}`)
  return {}
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  )
}
