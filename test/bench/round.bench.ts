import { setTimeout as sleep } from 'node:timers/promises'
import type { JsonReport } from '../../src/formats/json.ts'
import type { Bench, Stage } from './bench.ts'
import { connect } from './client.ts'
import { median, spread } from './numbers.ts'

const WARM_UP_ROUNDS = 10
const ROUNDS = 60
/** Longer than `ttlMs`, so that each poll runs a round of its own. */
const PAUSE_MS = 10

export const round: Bench = {
  name: 'round',
  workers: ['round', 'bare'],
  measure: async (stage) => {
    const rounds = (await runRounds(stage)).slice(WARM_UP_ROUNDS)
    const overheads = rounds.map(({ pollMs, slowestMs }) => pollMs - slowestMs)
    const beyondBare = rounds.map(({ pollMs, bareMs }) => pollMs - bareMs)
    return [
      {
        name: 'round of 20 checks of 100 ms: poll − slowest check',
        value: median(overheads),
        unit: 'ms',
        goal: { atMost: 5 },
        note: `${spread(overheads)}; ${ROUNDS} rounds`,
      },
      { name: '  the poll', value: median(rounds.map(({ pollMs }) => pollMs)), unit: 'ms' },
      {
        name: '  its slowest check',
        value: median(rounds.map(({ slowestMs }) => slowestMs)),
        unit: 'ms',
        note: "workerd's clock counts whole ms",
      },
      {
        name: '  the poll − the same fetches on bare Hono',
        value: median(beyondBare),
        unit: 'ms',
        note: spread(beyondBare),
      },
    ]
  },
}

interface Round {
  readonly pollMs: number
  readonly slowestMs: number
  readonly bareMs: number
}

async function runRounds({ originOf, upstream }: Stage): Promise<Round[]> {
  const ours = await connect(originOf('round'))
  const bare = await connect(originOf('bare'))
  const hits = await upstream.hits()
  const rounds: Round[] = []
  while (rounds.length < WARM_UP_ROUNDS + ROUNDS) {
    const poll = await timed(() => ours.get('/readyz'))
    const fetches = await timed(() => bare.get('/fetches/20/after/100'))
    rounds.push({ pollMs: poll.ms, slowestMs: slowestIn(poll.text), bareMs: fetches.ms })
    await sleep(PAUSE_MS)
  }
  ours.close()
  bare.close()
  const sent = (await upstream.hits()) - hits
  if (sent !== rounds.length * 40)
    throw new Error(`${rounds.length} rounds of 20 and 20 sent ${sent} requests`)
  return rounds
}

async function timed(ask: () => Promise<string>): Promise<{ readonly text: string; readonly ms: number }> {
  const started = performance.now()
  const text = await ask()
  return { text, ms: performance.now() - started }
}

function slowestIn(text: string): number {
  const { status, checks } = JSON.parse(text) as JsonReport
  if (status !== 'healthy') throw new Error(`expected a healthy report, received ${text}`)
  return Math.max(...Object.values(checks).map(({ duration_ms }) => duration_ms))
}
