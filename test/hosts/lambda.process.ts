import { once } from 'node:events'
import { flushCompileCache } from 'node:module'
import { type Health, defineHealth, http } from '../../src/index.ts'
import { onLambda, upstash } from '../../src/lambda.ts'
import type { Store } from '../../src/stores/store.ts'
import { RECORDED } from './lambda-events.ts'

/** The options of one environment of the function. */
export interface EnvironmentOptions {
  readonly url: string
  readonly token: string
  /** The health endpoint of the dependency. */
  readonly dependency: string
}

/** The one definition of all of them. The breaker opens at the first failure. */
export function healthOf(dependency: string): Health<unknown> {
  // The times are long, so that a busy machine is not taken for a dead one.
  const check = http({
    url: dependency,
    timeoutMs: 59_000,
    breaker: { failures: 1, resetAfterMs: 30_000 },
  })
  return defineHealth({ service: { name: 'shop' }, checks: { dependency: check }, deadlineMs: 60_000 })
}

/** Says `ready`, answers one event when told to, says `begun` after its call to the store, and sends its answer. */
async function main({ dependency, ...redis }: EnvironmentOptions): Promise<void> {
  const health = healthOf(dependency)
  // A process that has just started takes long for its first answer, which fifty on two cores feel.
  const apart = upstash(health, { ...redis, key: `warming up ${process.pid}` })
  await onLambda(health, { store: apart })(RECORDED.functionUrl)
  // Those that start after the first one need not compile it all again.
  flushCompileCache()
  const shared = upstash(health, redis)
  const begin: Store['begin'] = (...asked) => shared.begin(...asked).finally(() => process.send?.('begun'))
  const handler = onLambda(health, { store: { ...shared, begin } })
  process.send?.('ready')
  await once(process, 'message')
  process.send?.(await handler(RECORDED.functionUrl), () => process.disconnect())
}

if (process.argv[1] === import.meta.filename)
  await main(JSON.parse(process.argv[2] ?? '') as EnvironmentOptions)
