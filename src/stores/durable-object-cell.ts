import { DurableObject } from 'cloudflare:workers'
import {
  type Begun,
  type CellRules,
  type CellState,
  EMPTY_CELL,
  type Lease,
  type Reading,
  abandon,
  begin,
  checkState,
  complete,
  leaseMs,
  read,
} from '../core/cell.ts'
import type { Result } from '../core/check-state.ts'

/**
 * The calls that an object takes over RPC. During a deploy a new Worker calls an old object and the reverse, so a new
 * parameter comes last and may be missing.
 */
export interface CellObject {
  begin(id: string, ttlMs?: number): Promise<Begun>
  settled(waitMs: number): Promise<Reading>
  complete(
    lease: Lease,
    results: Readonly<Record<string, Result>>,
    colo?: string | null,
  ): Reading | Promise<Reading>
  /** Does as `begin`, but has the round run where the object is: a fresh snapshot, or a round to wait for. */
  ensure(host?: string, ttlMs?: number): Promise<Begun>
  /** Sets the alarm of the background rounds again if it was lost. */
  revive(): Promise<void>
}

/** Starts a round where the object is. It does not wait for the end of the round. */
export type StartRound = (ctx: DurableObjectState, order: RoundOrder) => Promise<unknown>

/** A round to run where the object is. */
export interface RoundOrder {
  /** The name of the object, which takes the results. */
  readonly cell: string
  readonly lease: Lease
  /** A host of this deployment that tells the data centre, as long as the data centre is unknown. */
  readonly host?: string | undefined
}

export interface CellOptions {
  readonly rules: CellRules & { readonly intervalMs: number | undefined }
  readonly now: () => number
  readonly newId: () => string
  /** From 0 up to 1, for the jitter of alarms. */
  readonly random: () => number
  readonly startRound: StartRound
  /** Takes a line, free of secrets, when a background round could not be started. */
  readonly warn: (message: string) => void
}

export type CellClass = new (ctx: DurableObjectState, env: unknown) => DurableObject & CellObject

/** The one key in the storage of an object. A new shape of the state takes a new key. */
const KEY = 'cell/1'

/** Alarms come early by a random part of up to a tenth, so that regions do not probe at the same moment. */
const JITTER = 0.1

/**
 * Makes the class of the objects that keep a cell. The state is in memory, and is written once a round.
 *
 * An ordinary lease is in memory only, which saves a written row a round: the cell accepts a lease that an eviction made
 * it forget. A lease with a trial is written, since a trial must never be given twice.
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

    async begin(id: string, ttlMs: number = rules.ttlMs): Promise<Begun> {
      const begun = this.#begin(id, { ...rules, ttlMs })
      await this.revive()
      return begun
    }

    /** Waits inside the object, where a promise may be shared. It waits for a runner's call, never for a dependency. */
    async settled(waitMs: number): Promise<Reading> {
      const { lease } = this.#state
      if (lease !== null) {
        const longestMs = Math.min(waitMs, lease.startedAt + leaseMs(rules) - now())
        let timer: ReturnType<typeof setTimeout> | undefined
        const expiry = new Promise<void>((resolve) => (timer = setTimeout(resolve, Math.max(0, longestMs))))
        await Promise.race([this.#roundEnd.promise, expiry])
        clearTimeout(timer)
      }
      return read(this.#state, now(), rules)
    }

    complete(lease: Lease, results: Readonly<Record<string, Result>>, colo: string | null = null): Reading {
      const at = now()
      const before = this.#state
      const state = complete(before, at, lease, results, rules, colo)
      if (state !== before) {
        this.#state = state
        // The platform holds an answer back until earlier writes are safe. Only breakers are worth that wait.
        if (lease.trial || breakersDiffer(before, state)) this.#write()
        else setTimeout(() => this.#write(), 0)
        this.#roundEnd.resolve()
        this.#roundEnd = Promise.withResolvers<void>()
      }
      return read(state, at, rules)
    }

    async ensure(host?: string, ttlMs?: number): Promise<Begun> {
      this.#host ??= host
      const begun = await this.begin(newId(), ttlMs)
      if (begun.kind === 'lease') await this.#start(begun.lease)
      return begun.kind === 'lease' ? { kind: 'wait', forMs: leaseMs(rules) } : begun
    }

    async revive(): Promise<void> {
      if (rules.intervalMs === undefined || (await this.ctx.storage.getAlarm()) !== null) return
      await this.#setAlarm(jittered(rules.intervalMs))
    }

    override async alarm(): Promise<void> {
      const { intervalMs } = rules
      if (intervalMs === undefined) return // A new definition dropped its background rounds.
      // The next alarm is set first: whatever fails below, the rounds go on.
      await this.#setAlarm(jittered(intervalMs))
      // An alarm can come twice, and polls may have kept the snapshot fresh.
      const begun = this.#begin(newId(), { ...rules, ttlMs: intervalMs / 2 })
      // The runner under way may be dead, so the next alarm comes no later than the end of its lease.
      if (begun.kind === 'wait') await this.#setAlarm(Math.min(begun.forMs, intervalMs))
      if (begun.kind !== 'lease') return
      try {
        await this.#start(begun.lease)
      } catch (error) {
        const reason = error instanceof Error ? error.name : typeof error
        warn(`allclear: a background round could not be started, the next one will be: ${reason}`)
      }
    }

    #begin(id: string, terms: CellRules): Begun {
      const [state, begun] = begin(this.#state, now(), id, terms)
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
