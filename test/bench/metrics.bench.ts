import { setConstant } from './bare.ts'
import type { Bench } from './bench.ts'
import { connect } from './client.ts'
import { median, spread } from './numbers.ts'

const WARM_UP = 500
const REQUESTS = 1000

export const metrics: Bench = {
  name: 'metrics',
  workers: ['metrics', 'bare'],
  measure: async ({ originOf }) => {
    const ours = await connect(originOf('metrics'))
    const bare = await connect(originOf('bare'))
    const text = await ours.get('/metrics')
    await setConstant(originOf('bare'), '/text', text)
    const [ourMs, bareMs]: [number[], number[]] = [[], []]
    for (let index = 0; index < WARM_UP + REQUESTS; index += 1) {
      ourMs.push(await latencyMs(() => ours.get('/metrics')))
      bareMs.push(await latencyMs(() => bare.get('/text')))
    }
    ours.close()
    bare.close()
    const [our, base] = [median(ourMs.slice(WARM_UP)), median(bareMs.slice(WARM_UP))]
    const size = `${(text.length / 1000).toFixed(1)} kB`
    return [
      {
        name: '/metrics of 50 checks within ttlMs, latency',
        value: our,
        unit: 'ms',
        goal: { atMost: 2 },
        note: `${spread(ourMs.slice(WARM_UP))}; ${REQUESTS} requests of ${size}`,
      },
      { name: '  bare Hono, constant text', value: base, unit: 'ms' },
      {
        name: '/metrics of 50 checks within ttlMs, requests a second ÷ bare Hono',
        value: base / our,
        goal: { atLeast: 0.85 },
      },
    ]
  },
}

async function latencyMs(request: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await request()
  return performance.now() - started
}
