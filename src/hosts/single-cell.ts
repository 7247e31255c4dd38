import type { Health } from '../core/define.ts'
import { type Poll, type PollerOptions, poller } from '../http/poll.ts'
import { type Routes, type RoutesOptions, createRoutes } from '../http/routes.ts'
import { systemClock } from '../probe/clock.ts'
import { memory } from '../stores/memory.ts'
import type { Store } from '../stores/store.ts'

export interface SingleCellOptions
  extends Omit<RoutesOptions, 'poll' | 'warn'>, Pick<PollerOptions, 'state' | 'diskUsage'> {
  /** The store of the state. It may throw where it cannot be had. Default the memory of this process. */
  readonly storeOf?: (() => Store) | undefined
}

export interface SingleCell {
  readonly poll: Poll
  readonly routes: Routes
}

/**
 * Serves a definition where there is no way to the regions of the world: from one cell, here, whatever regions it
 * names.
 */
export function singleCell(
  health: Health<never>,
  { storeOf, state = 'shared', diskUsage, ...hosting }: SingleCellOptions = {},
): SingleCell {
  const here = { ...health, regions: [] }
  const own = memory(here, systemClock.now)
  const poll = poller(here, {
    clock: systemClock,
    storeOf: storeOf ?? (() => own),
    newId: () => crypto.randomUUID(),
    warn,
    state,
    diskUsage,
  })
  return { poll, routes: createRoutes(here, { poll, warn, ...hosting }) }
}

/** Where every platform keeps what a server has to say. */
export function warn(message: string): void {
  console.warn(message)
}
