import { DurableObject } from 'cloudflare:workers'
import { type CellState, EMPTY_CELL, begin, complete } from '../../src/core/cell.ts'
import { defineHealth } from '../../src/core/define.ts'
import { custom } from '../../src/checks/custom.ts'

const checks = Array.from({ length: 200 }, (_, index) => [`check-${index}`, custom(async () => {})] as const)
const health = defineHealth({ checks: Object.fromEntries(checks) })

/** The state after a round of 200 checks, each with a detail. */
function stateOf200(): CellState {
  const [state, begun] = begin(EMPTY_CELL, 0, 'bench', health)
  if (begun.kind !== 'lease') throw new Error('expected a lease')
  const result = { status: 'unhealthy', detail: 'error', error: 'x'.repeat(200), durationMs: 12.34 } as const
  return complete(state, 0, begun.lease, Object.fromEntries(checks.map(([name]) => [name, result])), health)
}

/** A Durable Object that writes and reads such a state as the real Cell does. */
export class Cell extends DurableObject {
  override async fetch(request: Request): Promise<Response> {
    const times = Number(new URL(request.url).pathname.slice(1))
    const state = stateOf200()
    let names = 0
    for (let time = 0; time < times; time += 1) {
      this.ctx.storage.kv.put('cell', state)
      names = Object.keys(this.ctx.storage.kv.get<CellState>('cell')?.checks ?? {}).length
    }
    return new Response(String(names))
  }
}

export default {
  fetch: (request: Request, { CELL }: { CELL: DurableObjectNamespace }): Promise<Response> =>
    CELL.getByName('auto').fetch(request),
}
