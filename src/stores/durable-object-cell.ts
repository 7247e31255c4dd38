import { DurableObject } from 'cloudflare:workers'
import {
  type Begun,
  type CellRules,
  type CellState,
  EMPTY_CELL,
  type Lease,
  type Reading,
  type Result,
  abandon,
  begin,
  checkState,
  complete,
  leaseMs,
  read,
} from '../core/cell.ts'

/** What the object answers to; calls go over RPC. */
export interface CellObject {
  begin(id: string): Promise<Begun>
  settled(waitMs: number): Promise<Reading>
  complete(
    lease: Lease,
    results: Readonly<Record<string, Result>>,
    colo?: string | null,
  ): Reading | Promise<Reading>
  /** As `begin`, but the object itself has the round run: there is a fresh snapshot, or a round to wait for. */
  ensure(host?: string): Promise<Begun>
  /** Sees to it that background rounds go on. */
  revive(): Promise<void>
}

/** Starts a round where the object is, and comes back before it has ended. */
export type StartRound = (ctx: DurableObjectState, order: RoundOrder) => Promise<unknown>

/** A round to run in the place of a cell. */
export interface RoundOrder {
  /** The name of the cell's object, to which the results go. */
  readonly cell: string
  readonly lease: Lease
  /** A host of the deployment's own, to learn the place from, as long as it is not known. */
  readonly host?: string | undefined
}

export interface CellOptions {
  readonly rules: CellRules & { readonly intervalMs: number | undefined }
  readonly now: () => number
  readonly newId: () => string
  /** From 0 up to 1, for the jitter of alarms. */
  readonly random: () => number
  readonly startRound: StartRound
  /** Told, free of secrets, when a background round could not be started. */
  readonly warn: (message: string) => void
}

/** The class of such objects. */
export type CellClass = new (ctx: DurableObjectState, env: unknown) => DurableObject & CellObject

/** The one key of an object's storage; a new shape of the state takes a new key. */
const KEY = 'cell/1'

/** Alarms come up to a tenth early, each by chance, so that regions do not beat together. */
const JITTER = 0.1

/**
 * Makes the class of the objects that keep a cell: its state in memory, written once a round.
 *
 * An ordinary lease is kept in memory alone, which saves a written row a round; the cell accepts a lease that was
 * forgotten in an eviction. A lease that carries a trial is written, for a trial must never be given twice.
 */
export function cellClass({ rules, now, newId, random, startRound, warn }: CellOptions): CellClass {
  const jittered = (ms: number): number => ms * (1 - JITTER * random())
  return class Cell extends DurableObject implements CellObject {
    #state: CellState
    #roundEnd = Promise.withResolvers<void>()
    #host: string | undefined

    constructor(ctx: DurableObjectState, env: unknown) {
      super(ctx, env as never)
      this.#state = ctx.storage.kv.get<CellState>(KEY) ?? EMPTY_CELL
    }

    async begin(id: string): Promise<Begun> {
      const begun = this.#begin(id, rules)
      await this.revive()
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

    complete(lease: Lease, results: Readonly<Record<string, Result>>, colo: string | null = null): Reading {
      const at = now()
      const before = this.#state
      const state = complete(before, lease, results, at, rules, colo)
      if (state !== before) {
        this.#state = state
        // An answer waits until what was written is safe. What breakers rest on must be; the rest may follow.
        if (lease.trial || breakersDiffer(before, state)) this.#write()
        else setTimeout(() => this.#write(), 0)
        this.#roundEnd.resolve()
        this.#roundEnd = Promise.withResolvers<void>()
      }
      return read(state, at)
    }

    async ensure(host?: string): Promise<Begun> {
      this.#host ??= host
      const begun = await this.begin(newId())
      if (begun.kind === 'lease') await this.#start(begun.lease)
      return begun.kind === 'lease' ? { kind: 'wait', forMs: leaseMs(rules) } : begun
    }

    async revive(): Promise<void> {
      if (rules.intervalMs === undefined || (await this.ctx.storage.getAlarm()) !== null) return
      await this.#setAlarm(jittered(rules.intervalMs))
    }

    override async alarm(): Promise<void> {
      const { intervalMs } = rules
      if (intervalMs === undefined) return // The definition has no background rounds any more.
      // First of all, so that whatever fails below, the next one comes.
      await this.#setAlarm(jittered(intervalMs))
      // An alarm can come twice; and where polls keep the snapshot fresh there is nothing to do.
      const begun = this.#begin(newId(), { ...rules, ttlMs: intervalMs / 2 })
      // A runner that died must not cost the round after its own too.
      if (begun.kind === 'wait') await this.#setAlarm(Math.min(begun.forMs, intervalMs))
      if (begun.kind !== 'lease') return
      try {
        await this.#start(begun.lease)
      } catch (error) {
        const reason = error instanceof Error ? error.name : typeof error
        warn(`allclear: a background round could not be started, the next one will be: ${reason}`)
      }
    }

    #begin(id: string, its: CellRules): Begun {
      const [state, begun] = begin(this.#state, now(), id, its)
      const isTrial = state !== this.#state && state.lease?.trial === true
      this.#state = state
      if (isTrial) this.#write()
      return begun
    }

    #write(): void {
      this.ctx.storage.kv.put(KEY, this.#state)
    }

    async #start(lease: Lease): Promise<void> {
      const host = this.#state.colo === null ? this.#host : undefined
      try {
        await startRound(this.ctx, { cell: this.ctx.id.name ?? '', lease, host })
      } catch (error) {
        this.#state = abandon(this.#state, lease)
        throw error
      }
    }

    async #setAlarm(inMs: number): Promise<void> {
      await this.ctx.storage.setAlarm(now() + inMs)
    }
  }
}

function breakersDiffer(before: CellState, after: CellState): boolean {
  return Object.entries(after.checks).some(
    ([name, { breaker }]) => breaker !== checkState(before, name)?.breaker,
  )
}
