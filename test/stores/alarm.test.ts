import { afterAll, beforeAll, expect, test } from 'vitest'
import { startWorker } from '../harness.ts'

const INTERVAL_MS = 60_000

let server: Awaited<ReturnType<typeof startWorker>>
beforeAll(async () => void (server = await startWorker('test/stores/alarm.worker.ts')))
afterAll(() => server.close())

interface Rung {
  readonly waitedMs: number
  readonly rounds: number
  readonly nextInMs: number
}

function cellOf(name: string) {
  return async (method: string, ...args: unknown[]): Promise<any> => {
    const response = await server.fetch(`/${name}/${method}`, { method: 'POST', body: JSON.stringify(args) })
    const answer = await response.json()
    if (!response.ok) throw new Error(String(answer))
    return answer
  }
}

test('alarms keep rounds going for 100 intervals, though some throw, come twice or late', async () => {
  const cell = cellOf('hundred')
  await cell('revive')
  let rounds = 0
  for (let interval = 1; interval <= 100; interval += 1) {
    const fate = interval % 3 === 0 ? 'throws' : 'settles'
    const times = interval === 50 ? 2 : 1
    const lateMs = interval === 70 ? 45_000 : 0
    const rung: Rung = await cell('ring', { fate, times, lateMs })
    rounds += fate === 'settles' ? 1 : 0
    expect(rung.rounds, `after interval ${interval}: none lost, none doubled`).toBe(rounds)
    // A twentieth early, by the jitter that the test fixes; the clock itself goes on a little.
    expect(Math.abs(rung.nextInMs - 0.95 * INTERVAL_MS)).toBeLessThan(1000)
  }
  expect(rounds).toBe(67)
})

test('a round whose object was reset is dropped when its lease is over, and the next alarm runs one', async () => {
  const cell = cellOf('reset')
  await cell('revive')
  const { lease } = await cell('begin', 'a runner that will be late')
  await cell('reset').catch(() => {})
  await cell('turnClock', 11_500)
  expect(await cell('ring', { fate: 'settles' })).toMatchObject({ rounds: 1 })
  const late = await cell('complete', lease, { steady: { status: 'unhealthy', detail: '', durationMs: 1 } })
  expect(late.snapshot).toMatchObject({ round: 1, checks: { steady: { settled: 'healthy' } } })
})

test('after a runner that died the next alarm comes when its lease is over', async () => {
  const cell = cellOf('died')
  await cell('revive')
  await cell('ring', { fate: 'is lost' })
  const { nextInMs }: Rung = await cell('ring', { fate: 'settles', lateMs: -56_000 })
  expect(nextInMs).toBeLessThan(11_000)
  expect(await cell('ring', { fate: 'settles' })).toMatchObject({ rounds: 1 })
})

test('a lost alarm is set again, and one that is set is left alone', async () => {
  const cell = cellOf('revived')
  await cell('revive')
  await cell('lose')
  await expect(cell('ring', { fate: 'settles' })).rejects.toThrow('stopped for ever')
  await cell('revive')
  await cell('turnClock', 1000)
  await cell('revive')
  const { waitedMs }: Rung = await cell('ring', { fate: 'settles' })
  expect(Math.abs(waitedMs - (0.95 * INTERVAL_MS - 1000))).toBeLessThan(1000)
})
