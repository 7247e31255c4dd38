import type { DurableObject } from 'cloudflare:workers'
import type { Result } from '../../src/core/check-state.ts'
import { defineHealth } from '../../src/core/define.ts'
import { cellClass } from '../../src/stores/durable-object-cell.ts'
import { checkOf } from '../health.ts'

let aheadMs = 0
const now = () => Date.now() + aheadMs

/** The fate of each alarm's round: it settles, it starts and is lost, or it cannot be started. */
type Fate = 'settles' | 'is lost' | 'throws'
let fate: Fate = 'settles'

const GOOD: Result = { status: 'healthy', detail: '', durationMs: 1 }

const Base = cellClass({
  // Alarms come a little early, when a snapshot of the round before is still fresh.
  rules: defineHealth({ intervalMs: 60_000, ttlMs: 60_000, checks: { steady: checkOf(async () => {}) } }),
  now,
  newId: () => crypto.randomUUID(),
  random: () => 0.5,
  startRound: async (ctx, { cell, lease }) => {
    if (fate === 'throws') throw new Error('no invocation to be had')
    const { CELL } = envOf(ctx)
    if (fate === 'settles') await CELL.getByName(cell).complete(lease, { steady: GOOD })
  },
  warn: () => {},
})

const envs = new WeakMap<DurableObjectState, any>()
const envOf = (ctx: DurableObjectState) => envs.get(ctx)

/** The real object, whose alarms the test rings itself, by a clock that it turns. */
export class Cell extends Base {
  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env)
    envs.set(ctx, env)
  }

  /** Rings the alarm, so late and so often, and tells what came of it. */
  async ring({ fate: next, lateMs = 0, times = 1 }: { fate: Fate; lateMs?: number; times?: number }) {
    fate = next
    const due = await this.ctx.storage.getAlarm()
    if (due === null) throw new Error('no alarm is set: the rounds have stopped for ever')
    const at = now()
    aheadMs += due + lateMs - at
    for (let time = 0; time < times; time += 1) await this.alarm?.()
    const { snapshot } = await this.settled(0)
    return {
      waitedMs: due - at,
      rounds: snapshot.round,
      nextInMs: ((await this.ctx.storage.getAlarm()) ?? NaN) - now(),
    }
  }

  async lose(): Promise<void> {
    await this.ctx.storage.deleteAlarm()
  }

  reset(): void {
    this.ctx.abort('a test resets the object')
  }

  turnClock(ms: number): void {
    aheadMs += ms
  }
}

export default {
  async fetch(
    request: Request,
    { CELL }: { CELL: DurableObjectNamespace<DurableObject> },
  ): Promise<Response> {
    const [, name = '', method = ''] = new URL(request.url).pathname.split('/')
    try {
      const cell: any = CELL.getByName(name)
      return Response.json((await cell[method](...(await request.json<unknown[]>()))) ?? null)
    } catch (error) {
      return Response.json(String(error), { status: 500 })
    }
  },
}
