import { type CellRules, type Reading, isFresh } from '../core/cell.ts'
import type { Clock } from '../probe/clock.ts'

/** The last settled reading of a cell that this process keeps, so that within `ttlMs` a poll calls nobody. */
export interface Kept {
  /** The reading brought to now, if it is not older than `ttlMs`, by default that of the definition. */
  readonly fresh: (ttlMs?: number) => Reading | undefined
  readonly keep: (reading: Reading) => void
}

export function kept({ ttlMs: ownTtlMs, deadlineMs, checks }: CellRules, { now }: Clock): Kept {
  let last: { readonly reading: Reading; readonly at: number } | undefined
  return {
    fresh: (ttlMs = ownTtlMs) => {
      if (last === undefined) return undefined
      const { reading, at } = last
      // Ages are counted in the cell's clock, which is not this process's.
      const brought = { ...reading, now: reading.now + (now() - at) }
      return isFresh(brought.snapshot, brought.now, { ttlMs, deadlineMs, checks }) ? brought : undefined
    },
    keep: (reading) => {
      last = { reading, at: now() }
    },
  }
}
