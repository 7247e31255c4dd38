import { type ChildProcess, fork } from 'node:child_process'
import { on } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Report } from '../../src/core/report.ts'
import { poller } from '../../src/poll/poller.ts'
import type { LambdaAnswer } from '../../src/lambda.ts'
import { type LocalService, startService } from '../../src/local/service.ts'
import { type LocalUpstash, startUpstash } from '../../src/local/upstash.ts'
import { upstash as upstashStore } from '../../src/stores/upstash.ts'
import { engine } from '../stores/upstash.scene.ts'
import { type EnvironmentOptions, healthOf } from './lambda.process.ts'

const ENVIRONMENTS = 50
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

/** The next message of a process. */
type Hear = () => Promise<unknown>

async function startChild(
  options: EnvironmentOptions,
): Promise<{ readonly hear: Hear; readonly go: () => void }> {
  const script = join(import.meta.dirname, 'lambda.process.ts')
  const env = { ...process.env, NODE_COMPILE_CACHE: cache }
  const child = fork(script, [JSON.stringify(options)], { env, execArgv: [] })
  children.push(child)
  // The exit may be seen before the last messages, so these end with the disconnection.
  const said = on(child, 'message', { close: ['disconnect'] })
  const hear: Hear = async () => {
    const { done, value } = await said.next()
    if (done === true) throw new Error('a process ended before it had said all')
    return (value as readonly unknown[])[0]
  }
  await hear()
  return { hear, go: () => void child.send('go') }
}

/** One environment of half a minute ago: the breaker waits that long. */
async function pollBefore({ url, token, dependency }: EnvironmentOptions): Promise<Report> {
  const health = healthOf(dependency)
  const clock = { now: () => Date.now() - 31_000, elapsed: () => performance.now() }
  const store = upstashStore(health, { url, token }, { clock })
  const poll = poller(health, {
    clock,
    cells: [{ storeOf: () => store }],
    newId: () => 'before',
    warn: console.error,
  })
  return poll({}, { waitUntil: () => {} })
}

test(
  'of fifty environments on one Redis one tries a dependency that comes back, and all know of it',
  { timeout: 120_000 },
  async () => {
    const options = { url: upstash.url, token: upstash.token, dependency: service.url }
    service.faults.set('down')
    const { checks } = await pollBefore(options)
    expect(checks).toMatchObject([
      { finding: { status: 'unhealthy', breaker: 'open' }, totals: { trips: 1 } },
    ])

    // The first one compiles for all.
    const environments = [await startChild(options)]
    while (environments.length < ENVIRONMENTS) {
      environments.push(...(await Promise.all(Array.from({ length: BATCH }, () => startChild(options)))))
    }
    expect(environments).toHaveLength(ENVIRONMENTS)

    service.faults.mend()
    service.faults.resetHits()
    // The trial is not answered before all have asked for the round, so that they do so while it is under way.
    const answerTrial = service.faults.hold()
    for (const { go } of environments) go()
    await Promise.all(environments.map(({ hear }) => hear()))
    await service.faults.arrived(1)
    answerTrial()

    for (const { hear } of environments) {
      const { statusCode, body } = (await hear()) as LambdaAnswer
      const report: unknown = JSON.parse(body)
      expect(statusCode).toBe(200)
      expect(report).toMatchObject({ status: 'healthy', checks: { dependency: { breaker: 'closed' } } })
      expect(report, 'what all share').not.toHaveProperty('state')
    }
    expect(service.faults.hits()).toBe(1)
  },
)
