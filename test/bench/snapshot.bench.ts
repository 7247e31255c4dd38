import type { Bench } from './bench.ts'
import { connect } from './client.ts'
import { median, spread } from './numbers.ts'

const SAMPLES = 40
/** Repetitions in one request, so that the cost of the request itself hardly counts. */
const TIMES = 20

export const snapshot: Bench = {
  name: 'snapshot',
  workers: ['snapshot'],
  measure: async ({ originOf }) => {
    const object = await connect(originOf('snapshot'))
    const samples: number[] = []
    for (let index = 0; index < SAMPLES; index += 1) {
      const started = performance.now()
      const names = await object.get(`/${TIMES}`)
      samples.push((performance.now() - started) / TIMES)
      if (names !== '200') throw new Error(`expected 200 checks to come back, received ${names}`)
    }
    object.close()
    return [
      {
        name: 'a snapshot of 200 checks, written and read in the object',
        value: median(samples),
        unit: 'ms',
        goal: { atMost: 5 },
        note: `${spread(samples)}; ${SAMPLES} × ${TIMES}`,
      },
    ]
  },
}
