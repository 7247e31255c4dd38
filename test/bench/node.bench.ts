import type { JsonReport } from '../../src/formats/json.ts'
import { setConstant } from './bare.ts'
import type { Bench, Figure } from './bench.ts'
import { startChild } from './child.ts'
import { get, load } from './client.ts'
import type { FarEnds } from './far-ends.node.ts'
import { median, spread } from './numbers.ts'

const WARM_UP_MS = 2000

/** A server to compare with, in measurements that alternate with ours. */
interface Rival {
  readonly name: string
  readonly origin: string
  readonly path: string
  readonly atLeast: number
  readonly pairs: number
  /** Long enough that each connection gets several answers. */
  readonly windowMs: number
  /** Whether each answer probes both dependencies. */
  readonly probes: boolean
  readonly note: string
}

export const node: Bench = {
  name: 'node',
  workers: [],
  measure: async () => {
    const { env, hitsAt } = await startChild<FarEnds>('far-ends.node.ts')
    const hits = async (): Promise<number> => Number(await (await fetch(hitsAt)).text())
    const [ours, bare, nest, godaddy] = await Promise.all(
      ['allclear', 'hono', 'nest', 'godaddy'].map((name) => startChild<string>(`${name}.node.ts`, env)),
    )
    if (!ours || !bare || !nest || !godaddy) throw new Error('a server told no origin')
    await setConstant(bare, '/json', await healthyReport(ours))
    const prober = { path: '/readyz', atLeast: 2, pairs: 24, windowMs: 300, probes: true }
    const rivals: readonly Rival[] = [
      {
        name: 'bare Hono',
        origin: bare,
        path: '/json',
        atLeast: 0.85,
        pairs: 240,
        windowMs: 50,
        probes: false,
        note: 'same server, constant JSON of the same size, no probe sent',
      },
      { ...prober, name: '@nestjs/terminus', origin: nest, note: 'probes at each request, on Express' },
      { ...prober, name: '@godaddy/terminus', origin: godaddy, note: 'probes at each request' },
    ]
    await load(ours, '/readyz', WARM_UP_MS)
    const figures: Figure[] = []
    for (const rival of rivals) figures.push(...(await against(rival, ours, hits)))
    return figures
  },
}

async function healthyReport(origin: string): Promise<string> {
  const text = await get(origin, '/readyz')
  const { status } = JSON.parse(text) as JsonReport
  if (status !== 'healthy') throw new Error(`expected a healthy report, received ${text}`)
  return text
}

async function against(rival: Rival, ours: string, hits: () => Promise<number>): Promise<readonly Figure[]> {
  const { name, origin, path, atLeast, pairs, windowMs, probes, note } = rival
  const loadOurs = (): Promise<number> => load(ours, '/readyz', windowMs)
  const loadTheirs = (): Promise<number> => load(origin, path, windowMs)
  await load(origin, path, WARM_UP_MS)

  const before = await hits()
  const samples: (readonly [number, number])[] = []
  for (let index = 0; index < pairs; index += 1) samples.push(await pair(index, loadOurs, loadTheirs))
  if ((await hits()) > before !== probes) {
    throw new Error(`${name}: ${probes ? 'no probe was sent' : 'a poll within ttlMs caused a probe'}`)
  }

  const ratios = samples.map(([mine, theirs]) => mine / theirs)
  return [
    {
      name: `on Node, /readyz within ttlMs ÷ ${name}`,
      value: median(ratios),
      goal: { atLeast },
      note: `${spread(ratios)}; ${pairs} pairs; ${note}`,
    },
    { name: '  /readyz', value: median(samples.map(([mine]) => mine)), unit: 'requests/s' },
    { name: `  ${name}`, value: median(samples.map(([, theirs]) => theirs)), unit: 'requests/s' },
  ]
}

type Load = () => Promise<number>

/** Loads both in alternating order, so that a machine that slows down favours neither. */
async function pair(index: number, ours: Load, theirs: Load): Promise<readonly [number, number]> {
  if (index % 2 === 0) {
    const first = await ours()
    return [first, await theirs()]
  }
  const first = await theirs()
  return [await ours(), first]
}
