import { once } from 'node:events'
import { flushCompileCache } from 'node:module'
import { http } from '../../src/checks/http.ts'
import { defineHealth } from '../../src/core/define.ts'
import type { Report } from '../../src/core/report.ts'
import { poller } from '../../src/http/poll.ts'
import type { Clock } from '../../src/probe/clock.ts'
import type { Store } from '../../src/stores/store.ts'
import { upstash } from '../../src/stores/upstash.ts'

/** What one process is told when it is started. */
export interface ProcessOptions {
  readonly url: string
  readonly token: string
  readonly key: string
  /** The health endpoint of the dependency. */
  readonly dependency: string
  /** How far its clock is ahead, so that nobody has to wait for a breaker. */
  readonly aheadMs: number
}

/** How one process polls. `onBegun` is told when a poll has asked the store. */
export function startProcess(
  { url, token, key, dependency, aheadMs }: ProcessOptions,
  onBegun: () => void = () => {},
): () => Promise<Report> {
  const clock: Clock = { now: () => Date.now() + aheadMs, elapsed: () => performance.now() }
  // The breaker opens at the first failure. The times are long, so that a busy machine is not taken for a dead one.
  const check = http({
    url: dependency,
    timeoutMs: 60_000,
    breaker: { failures: 1, resetAfterMs: 30_000 },
  })
  const health = defineHealth({ checks: { dependency: check }, deadlineMs: 60_000 })
  const store = upstash({ ...clock, url, token, key, rules: health, random: Math.random })
  const begin: Store['begin'] = (...asked) => store.begin(...asked).finally(onBegun)
  const poll = poller(health, {
    clock,
    storeOf: () => ({ ...store, begin }),
    newId: () => crypto.randomUUID(),
    warn: (message) => console.error(message),
  })
  return () => poll({}, { waitUntil: () => {} })
}

/** Says that it is ready, polls once when it is told to, says when it has asked the store, and what came of it. */
async function main(options: ProcessOptions): Promise<void> {
  // A process that has just started takes long for its first poll, which fifty on two cores feel.
  await startProcess({ ...options, key: `${options.key}:${process.pid}` })()
  const poll = startProcess(options, () => process.send?.('begun'))
  // Those that start after the first one need not compile it all again.
  flushCompileCache()
  process.send?.('ready')
  await once(process, 'message')
  process.send?.(await poll(), () => process.disconnect())
}

if (process.argv[1] === import.meta.filename) await main(JSON.parse(process.argv[2] ?? '') as ProcessOptions)
