import type { Bench } from './bench.ts'
import { get, load } from './client.ts'
import { median, spread } from './numbers.ts'

const WARM_UP_MS = 2000
const WINDOW_MS = 50
const PAIRS = 120

export const regions: Bench = {
  name: 'regions',
  workers: ['readyz', 'regions'],
  measure: async ({ originOf, upstream }) => {
    const loadOne = (forMs: number): Promise<number> => load(originOf('readyz'), '/readyz', forMs)
    const loadThree = (forMs: number): Promise<number> => load(originOf('regions'), '/readyz', forMs)
    await get(originOf('readyz'), '/readyz')
    await get(originOf('regions'), '/readyz')
    await loadOne(WARM_UP_MS)
    await loadThree(WARM_UP_MS)
    const hits = await upstream.hits()
    const costs: number[] = []
    for (let index = 0; index < PAIRS; index += 1) {
      const one = await loadOne(WINDOW_MS)
      costs.push(one / (await loadThree(WINDOW_MS)))
    }
    if ((await upstream.hits()) !== hits) throw new Error('a poll within ttlMs caused a probe')
    return [
      {
        name: 'a poll over three fresh regions ÷ over one',
        value: median(costs),
        goal: { atMost: 1.5 },
        note: `${spread(costs)}; ${PAIRS} pairs, no probe sent`,
      },
    ]
  },
}
