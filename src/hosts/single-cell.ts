import type { Health } from '../core/define.ts'
import { systemClock } from '../drivers/clock.ts'
import { type Routes, type RoutesOptions, createRoutes } from '../http/routes.ts'
import { crowd } from '../poll/crowd.ts'
import { type Poll, type PollerOptions, poller } from '../poll/poller.ts'
import { memory } from '../stores/memory.ts'
import type { Store } from '../stores/store.ts'

export interface SingleCellOptions
  extends Omit<RoutesOptions, 'poll' | 'warn'>, Pick<PollerOptions, 'state' | 'machine' | 'canWorkBehind'> {
  /** Default the memory of this process. */
  readonly store?: Store | undefined
  /** Whether polls of this process can wait for one promise. Default `true`; on Workers that can hang for ever. */
  readonly canShare?: boolean
}

export interface SingleCell {
  readonly poll: Poll
  readonly routes: Routes
}

/** Serves a definition from one cell, on a host that cannot reach other regions. It ignores `regions`. */
export function singleCell(
  health: Health<never>,
  { store, state, machine, canWorkBehind, canShare = true, ...routing }: SingleCellOptions = {},
): SingleCell {
  const here = { ...health, regions: [] }
  const only = store ?? memory(here, systemClock.now)
  const alone = poller(here, {
    clock: systemClock,
    cells: [{ storeOf: () => only }],
    newId: () => crypto.randomUUID(),
    warn,
    machine,
    state,
    canWorkBehind,
  })
  const poll = canShare ? crowd(here, alone) : alone
  return { poll, routes: createRoutes(here, { poll, warn, ...routing }) }
}

/** Writes a line to the log, which every platform takes from the console. */
export function warn(message: string): void {
  console.warn(message)
}
