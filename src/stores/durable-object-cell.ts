import { DurableObject } from 'cloudflare:workers'
import {
  type Begun,
  type CellRules,
  type CellState,
  EMPTY_CELL,
  type Lease,
  type Reading,
  type Result,
  begin,
  complete,
  leaseMs,
  read,
} from '../core/cell.ts'

/** What the object answers to; calls go over RPC. */
export interface CellObject {
  begin(id: string): Begun | Promise<Begun>
  settled(waitMs: number): Promise<Reading>
  complete(lease: Lease, results: Readonly<Record<string, Result>>): Reading | Promise<Reading>
}

/** The class of such objects. */
export type CellClass = new (ctx: DurableObjectState, env: unknown) => DurableObject & CellObject

/** The one key of an object's storage; a new shape of the state takes a new key. */
const KEY = 'cell/1'

/**
 * Makes the class of the objects that keep a cell: its state in memory, written once a round.
 *
 * An ordinary lease is kept in memory alone, which saves a written row a round; the cell accepts a lease that was
 * forgotten in an eviction. A lease that carries a trial is written, for a trial must never be given twice.
 */
export function cellClass(rules: CellRules, now: () => number): CellClass {
  return class Cell extends DurableObject implements CellObject {
    #state: CellState
    #roundEnd = Promise.withResolvers<void>()

    constructor(ctx: DurableObjectState, env: unknown) {
      super(ctx, env as never)
      this.#state = ctx.storage.kv.get<CellState>(KEY) ?? EMPTY_CELL
    }

    begin(id: string): Begun {
      const [state, begun] = begin(this.#state, now(), id, rules)
      if (state !== this.#state && state.lease?.trial) this.ctx.storage.kv.put(KEY, state)
      this.#state = state
      return begun
    }

    /** Waits inside the object, where all requests share one thread; it waits for a runner's call, never a target. */
    async settled(waitMs: number): Promise<Reading> {
      const { lease } = this.#state
      if (lease !== null) {
        const longest = Math.min(waitMs, lease.startedAt + leaseMs(rules) - now())
        let timer: ReturnType<typeof setTimeout> | undefined
        const expiry = new Promise<void>((resolve) => (timer = setTimeout(resolve, Math.max(0, longest))))
        await Promise.race([this.#roundEnd.promise, expiry])
        clearTimeout(timer)
      }
      return read(this.#state, now())
    }

    complete(lease: Lease, results: Readonly<Record<string, Result>>): Reading {
      const state = complete(this.#state, lease, results, now(), rules)
      if (state !== this.#state) {
        this.ctx.storage.kv.put(KEY, state)
        this.#state = state
        this.#roundEnd.resolve()
        this.#roundEnd = Promise.withResolvers<void>()
      }
      return read(this.#state, now())
    }
  }
}
