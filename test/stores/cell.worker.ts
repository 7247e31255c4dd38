import type { CellRules } from '../../src/core/cell.ts'
import { durableObject } from '../../src/stores/durable-object.ts'
import { cellClass } from '../../src/stores/durable-object-cell.ts'
import { rules } from './rules.ts'

let aheadMs = 0
let { checks }: CellRules = rules

/** The real object with a clock that a test can turn, and a count of the rows that it writes. */
export class Cell extends cellClass({
  rules: {
    ...rules,
    get checks() {
      return checks
    },
  },
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

  /** As in the version before this one, which knew no `ttlMs`. */
  beginAsBefore(id: string): ReturnType<Cell['begin']> {
    return this.begin(id)
  }

  redefine(next: CellRules['checks']): void {
    checks = next
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

/** The namespace of the version before this one. */
function before(namespace: DurableObjectNamespace): DurableObjectNamespace {
  const getByName = (name: string): unknown => {
    const stub: any = namespace.getByName(name)
    return { begin: (...args: unknown[]) => stub.beginAsBefore(...args) }
  }
  return { getByName } as unknown as DurableObjectNamespace
}

/** The callees of a path. */
const CALLEES: Readonly<Record<string, (namespace: DurableObjectNamespace, name: string) => any>> = {
  object: (namespace, name) => namespace.getByName(name),
  store: (namespace, name) => durableObject(namespace, name),
  'store-of-an-old-object': (namespace, name) => durableObject(before(namespace), name),
}

/** Calls `/CALLEE/NAME/METHOD` with a JSON array of arguments. */
export default {
  async fetch(request: Request, { CELL }: Env): Promise<Response> {
    const [, callee = '', name = '', method = ''] = new URL(request.url).pathname.split('/')
    const target = CALLEES[callee]?.(CELL, name)
    try {
      return Response.json((await target[method](...(await request.json<unknown[]>()))) ?? null)
    } catch (error) {
      return Response.json(String(error), { status: 500 })
    }
  },
}
