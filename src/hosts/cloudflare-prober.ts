import { WorkerEntrypoint } from 'cloudflare:workers'
import type { Result } from '../core/cell.ts'
import type { Health } from '../core/define.ts'
import { HOMEWARD_MS } from '../http/poll-time.ts'
import { systemClock } from '../probe/clock.ts'
import { runRound } from '../probe/round.ts'
import { durableObject } from '../stores/durable-object.ts'
import type { RoundOrder } from '../stores/durable-object-cell.ts'
import { observeColo } from './colo.ts'

/** Some checks of a round, for one invocation. */
export interface ProbeOrder {
  readonly cell: string
  readonly names: readonly string[]
  readonly budgetMs: number
}

/** What a Prober answers to. */
export interface ProberEntrypoint {
  /** Takes a round on and comes back at once. */
  round(order: RoundOrder): void
  /** Runs some checks of one. */
  probe(order: ProbeOrder): Promise<Record<string, Result>>
}

export type ProberClass = new (
  ctx: ExecutionContext,
  env: Cloudflare.Env,
) => WorkerEntrypoint & ProberEntrypoint

/** Whatever it is that gives an object or an entrypoint the Worker's own exports. */
export interface WithExports {
  readonly exports?: { readonly Prober?: ProberEntrypoint }
}

/** The Worker's own Prober, reached where the caller runs. */
export function proberOf(ctx: unknown): ProberEntrypoint {
  const prober = (ctx as WithExports).exports?.Prober
  if (prober === undefined)
    throw new Error('Prober is not exported: the Worker needs `export const { Prober, … }`')
  return prober
}

/**
 * Makes the class of the stateless invocations that run the rounds of a cell, in the place where its object is. One
 * takes the round, spreads it over as many as it needs for `concurrency` checks each, and brings all results home in
 * one call.
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
      // Twice the way home: the poll that waits for this round gives up once before its own deadline.
      const budgetMs = health.deadlineMs - 2 * Math.min(HOMEWARD_MS, health.deadlineMs / 10)
      const [own = [], ...others] = chunks(lease.checks, health.concurrency)
      const prober = proberOf(this.ctx)
      const [colo, ...results] = await Promise.all([
        observeColo(host),
        this.probe({ cell, names: own, budgetMs }),
        ...others.map((names) => prober.probe({ cell, names, budgetMs }).catch(noResults)),
      ])
      const { store } = durableObject(cellNamespace(this.env), cell)
      await store.complete(lease, Object.assign({}, ...results), colo)
    }
  }
}

/** An invocation that was lost leaves its checks without results, and the cell takes them for unknown. */
function noResults(error: unknown): Record<string, Result> {
  console.warn(`allclear: a part of a round was lost: ${error instanceof Error ? error.name : typeof error}`)
  return {}
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  )
}
