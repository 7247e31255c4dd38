/**
 * `npm run bench`: a table of the cost of Allclear, measured on the bare runtime, with the goal of each figure.
 * `npm run bench -- readyz size` runs only these benches. It fails only where a figure could not be measured.
 */
import { availableParallelism, constants, loadavg } from 'node:os'
import type { Bench, Figure, Stage } from './bench.ts'
import { bundle } from './bundle.ts'
import { lambda } from './lambda.bench.ts'
import { metrics } from './metrics.bench.ts'
import { node } from './node.bench.ts'
import { readyz } from './readyz.bench.ts'
import { regions } from './regions.bench.ts'
import { round } from './round.bench.ts'
import { size } from './size.bench.ts'
import { snapshot } from './snapshot.bench.ts'
import { table } from './table.ts'
import { startUpstream } from './upstream.ts'
import { WORKERD_VERSION, startWorkerd } from './workerd.ts'

const BENCHES: readonly Bench[] = [readyz, round, metrics, regions, snapshot, size, node, lambda]

function chosen(names: readonly string[]): readonly Bench[] {
  const known = BENCHES.map(({ name }) => name)
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined) throw new Error(`no bench is named ${unknown}; known: ${known.join(', ')}`)
  return names.length === 0 ? BENCHES : BENCHES.filter(({ name }) => names.includes(name))
}

/** Starts one upstream, and one workerd that runs every Worker. */
async function startStage(names: readonly string[]): Promise<Stage> {
  const upstream = await startUpstream()
  const workers = names.map(async (name) => ({
    name,
    bindings: { UPSTREAM: upstream.origin },
    ...(await bundle(`test/bench/${name}.worker.ts`)),
  }))
  const ports = await startWorkerd(await Promise.all(workers))
  return { upstream, originOf: (worker) => `http://127.0.0.1:${ports.get(worker)}` }
}

async function measure({ name, measure }: Bench, stage: Stage): Promise<readonly Figure[]> {
  console.error(`measuring ${name} …`)
  try {
    return await measure(stage)
  } catch (error) {
    console.error(`${name} could not be measured:`, error)
    process.exitCode = 1
    return []
  }
}

async function main(): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => process.exit(128 + constants.signals[signal]))
  }
  const benches = chosen(process.argv.slice(2))
  const stage = await startStage([...new Set(benches.flatMap(({ workers }) => workers))])
  const figures: Figure[] = []
  for (const bench of benches) figures.push(...(await measure(bench, stage)))
  if (figures.length === 0) return
  const load = loadavg()[0]?.toFixed(1)
  console.log(
    `Node ${process.version}, workerd ${WORKERD_VERSION}, ${availableParallelism()} cores, load ${load}\n`,
  )
  console.log(table(figures))
}

try {
  await main()
  process.exit()
} catch (error) {
  console.error(error)
  process.exit(1)
}
