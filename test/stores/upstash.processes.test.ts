import { type ChildProcess, fork } from 'node:child_process'
import { on } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LocalService, startService } from '../../src/local/service.ts'
import { type LocalUpstash, startUpstash } from '../../src/local/upstash.ts'
import { type ProcessOptions, startProcess } from './upstash.process.ts'
import { engine } from './upstash.rig.ts'

const PROCESSES = 50
/** A machine with two cores starts no more of them faster. */
const BATCH = 7

let upstash: LocalUpstash
let service: LocalService
let cache: string
const children: ChildProcess[] = []

beforeAll(async () => {
  upstash = await startUpstash({ engine })
  service = await startService()
  cache = await mkdtemp(join(tmpdir(), 'allclear-processes-'))
})
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await Promise.all([upstash?.close(), service?.close(), rm(cache, { recursive: true, force: true })])
})

/** What a process says next. */
type Hear = () => Promise<unknown>

async function startChild(
  options: ProcessOptions,
): Promise<{ readonly hear: Hear; readonly go: () => void }> {
  const script = join(import.meta.dirname, 'upstash.process.ts')
  const env = { ...process.env, NODE_COMPILE_CACHE: cache }
  const child = fork(script, [JSON.stringify(options)], { env, execArgv: [] })
  children.push(child)
  // Not at its exit, which may be heard of before its last words are.
  const said = on(child, 'message', { close: ['disconnect'] })
  const hear: Hear = async () => {
    const { done, value } = await said.next()
    if (done === true) throw new Error('a process ended before it had said all')
    return (value as readonly unknown[])[0]
  }
  await hear()
  return { hear, go: () => void child.send('go') }
}

test(
  'of fifty processes on one Redis one tries a dependency that comes back, and all know of it',
  { timeout: 120_000 },
  async () => {
    const { url, token } = upstash
    const options = { url, token, key: 'allclear:shop:auto', dependency: service.url, aheadMs: 0 }
    service.faults.set('down')
    const before = await startProcess(options)()
    expect(before.checks).toMatchObject([{ status: 'unhealthy', breaker: 'open' }])

    // By their clocks the breaker's wait is over.
    const start = () => startChild({ ...options, aheadMs: 31_000 })
    // The first one compiles for all.
    const processes = [await start()]
    while (processes.length < PROCESSES) {
      processes.push(...(await Promise.all(Array.from({ length: BATCH }, start))))
    }
    expect(processes).toHaveLength(PROCESSES)

    service.faults.mend()
    service.faults.resetHits()
    // The trial is not answered before all have asked for the round, so that they do so while it is under way.
    const answerTrial = service.faults.hold()
    for (const { go } of processes) go()
    await Promise.all(processes.map(({ hear }) => hear()))
    await service.faults.arrived(1)
    answerTrial()

    for (const report of await Promise.all(processes.map(({ hear }) => hear()))) {
      expect(report).toMatchObject({
        status: 'healthy',
        state: 'shared',
        checks: [
          { name: 'dependency', status: 'healthy', breaker: 'closed', trips: 1, runs: { healthy: 1 } },
        ],
      })
    }
    expect(service.faults.hits()).toBe(1)
  },
)
