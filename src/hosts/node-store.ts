import type { Health } from '../core/define.ts'
import { nodeMachine } from '../drivers/machine.ts'
import type { Store } from '../stores/store.ts'
import { type UpstashDatabase, upstash as upstashStore } from '../stores/upstash.ts'

/**
 * Keeps the state in a Redis, for all processes that have the same definition: they share rounds, breakers and counters,
 * and a dependency that comes back gets one trial from all of them. On Node each request has a connection of its own.
 *
 * @param database `key`: default `allclear:SERVICE:auto`.
 * @throws {ConfigError} where neither the service has a name nor the state a key.
 * @example
 * ```ts
 * const { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token } = process.env
 * await onNode(health, { port: 8080, store: upstash(health, { url, token }) })
 * ```
 */
export function upstash<Env>(health: Health<Env>, database: UpstashDatabase): Store {
  return upstashStore(health, database, { send: nodeMachine.send })
}
