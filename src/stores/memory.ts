import { type CellRules, type CellState, EMPTY_CELL, begin, complete, read } from '../core/cell.ts'
import type { Store } from './store.ts'

/** How often one who waits looks again, in milliseconds. */
const LOOK_MS = 5

/**
 * Keeps the state in this process.
 *
 * Who waits looks again by a timer of his own: in a Worker a promise that another request must settle can hang
 * for ever.
 */
export function memory(rules: CellRules, now: () => number): Store {
  let state: CellState = EMPTY_CELL
  return {
    begin: async (id, { ttlMs = rules.ttlMs } = {}) => {
      const [after, begun] = begin(state, now(), id, { ...rules, ttlMs })
      state = after
      return begun
    },
    settled: async (waitMs) => {
      const { lease } = state
      for (
        let waited = 0;
        state.lease !== null && state.lease === lease && waited < waitMs;
        waited += LOOK_MS
      ) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
      }
      return read(state, now())
    },
    complete: async (lease, results, colo) => {
      state = complete(state, lease, results, now(), rules, colo)
      return read(state, now())
    },
  }
}
