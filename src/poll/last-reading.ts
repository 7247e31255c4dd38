import { type CellRules, type Reading, isFresh } from '../core/cell.ts'
import type { Clock } from '../drivers/clock.ts'

/** The last reading of a cell, kept in this process: within `ttlMs` a poll calls no store. */
export interface LastReading {
  /** The reading brought to now, if it is not older than `ttlMs`. Default: the `ttlMs` of the definition. */
  readonly fresh: (ttlMs?: number) => Reading | undefined
  readonly keep: (reading: Reading) => void
}

export function lastReading(rules: CellRules, { now }: Clock): LastReading {
  let last: { readonly reading: Reading; readonly at: number } | undefined
  return {
    fresh: (ttlMs = rules.ttlMs) => {
      if (last === undefined) return undefined
      const { reading, at } = last
      // Ages are counted on the cell's clock, which may differ from the clock of this process.
      const current = { ...reading, now: reading.now + (now() - at) }
      return isFresh(current.snapshot, current.now, { ...rules, ttlMs }) ? current : undefined
    },
    keep: (reading) => {
      last = { reading, at: now() }
    },
  }
}
