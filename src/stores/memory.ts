import { type CellRules, type CellState, EMPTY_CELL, begin, complete, isLive, read } from '../core/cell.ts'
import type { Store } from './store.ts'

/** How often a waiter looks at the state, in milliseconds. */
const LOOK_MS = 5

/**
 * Keeps the state in this process.
 *
 * Each waiter polls the state with its own timer: in a Worker, a promise that another request must resolve can hang
 * for ever.
 *
 * @param initial what is known already, such as breakers. Default nothing.
 */
export function memory(rules: CellRules, now: () => number, initial: CellState = EMPTY_CELL): Store {
  let state = initial
  return {
    begin: async (id, { ttlMs = rules.ttlMs } = {}) => {
      const [after, begun] = begin(state, now(), id, { ...rules, ttlMs })
      state = after
      return begun
    },
    settled: async (waitMs) => {
      const { lease } = state
      const isUnderWay = (): boolean => lease !== null && state.lease === lease && isLive(lease, now(), rules)
      for (let waited = 0; isUnderWay() && waited < waitMs; waited += LOOK_MS) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
      }
      return read(state, now(), rules)
    },
    complete: async (lease, results, colo) => {
      const at = now()
      state = complete(state, at, lease, results, rules, colo)
      return read(state, at, rules)
    },
  }
}
