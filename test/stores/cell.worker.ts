import { durableObject } from '../../src/stores/durable-object.ts'
import { cellClass } from '../../src/stores/durable-object-cell.ts'
import { rules } from './rules.ts'

let aheadMs = 0

/** The real object with a clock that a test can turn, and a count of what it writes. */
export class Cell extends cellClass({
  rules,
  now: () => Date.now() + aheadMs,
  newId: () => crypto.randomUUID(),
  random: Math.random,
  startRound: () => Promise.reject(new Error('these tests run their rounds themselves')),
  warn: () => {},
}) {
  #written = 0

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env)
    const put = ctx.storage.kv.put.bind(ctx.storage.kv)
    ctx.storage.kv.put = (key, value) => {
      this.#written += 1
      put(key, value)
    }
  }

  turnClock(ms: number): void {
    aheadMs += ms
  }

  written(): number {
    return this.#written
  }

  reset(): void {
    this.ctx.abort('a test resets the object')
  }
}

interface Env {
  readonly CELL: DurableObjectNamespace
}

/** Calls the store (`/store/NAME/METHOD`) or its object (`/object/NAME/METHOD`) with a JSON array of arguments. */
export default {
  async fetch(request: Request, { CELL }: Env): Promise<Response> {
    const [, callee, name = '', method = ''] = new URL(request.url).pathname.split('/')
    const target: any = callee === 'store' ? durableObject(CELL, name) : CELL.getByName(name)
    try {
      return Response.json((await target[method](...(await request.json<unknown[]>()))) ?? null)
    } catch (error) {
      return Response.json(String(error), { status: 500 })
    }
  },
}
