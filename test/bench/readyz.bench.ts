import { setConstant } from './bare.ts'
import type { Bench } from './bench.ts'
import { get, load } from './client.ts'
import { median, spread } from './numbers.ts'

const WARM_UP_MS = 2000
/** Short, so that other load of the machine affects both halves of a pair. */
const WINDOW_MS = 50
const PAIRS = 240

export const readyz: Bench = {
  name: 'readyz',
  workers: ['readyz', 'bare'],
  measure: async ({ originOf, upstream }) => {
    const loadReadyz = (forMs: number): Promise<number> => load(originOf('readyz'), '/readyz', forMs)
    const loadBare = (forMs: number): Promise<number> => load(originOf('bare'), '/json', forMs)
    await setConstant(originOf('bare'), '/json', await get(originOf('readyz'), '/readyz'))
    await loadReadyz(WARM_UP_MS)
    await loadBare(WARM_UP_MS)

    const hits = await upstream.hits()
    const pairs: (readonly [number, number])[] = []
    for (let index = 0; index < PAIRS; index += 1) pairs.push(await pair(index, loadReadyz, loadBare))
    if ((await upstream.hits()) !== hits) throw new Error('a poll within ttlMs caused a probe')

    const ratios = pairs.map(([ours, bare]) => ours / bare)
    return [
      {
        name: '/readyz within ttlMs, requests a second ÷ bare Hono',
        value: median(ratios),
        goal: { atLeast: 0.92 },
        note: `${spread(ratios)}; ${PAIRS} pairs, no probe sent`,
      },
      { name: '  /readyz', value: median(pairs.map(([ours]) => ours)), unit: 'requests/s' },
      {
        name: '  bare Hono, constant JSON',
        value: median(pairs.map(([, bare]) => bare)),
        unit: 'requests/s',
      },
    ]
  },
}

type Load = (forMs: number) => Promise<number>

/** Loads both in alternating order, so that a machine that slows down favours neither. */
async function pair(index: number, ours: Load, bare: Load): Promise<readonly [number, number]> {
  if (index % 2 === 0) {
    const first = await ours(WINDOW_MS)
    return [first, await bare(WINDOW_MS)]
  }
  const first = await bare(WINDOW_MS)
  return [await ours(WINDOW_MS), first]
}
