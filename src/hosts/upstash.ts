import type { Health } from '../core/define.ts'
import { systemClock } from '../probe/clock.ts'
import type { Store } from '../stores/store.ts'
import { upstash as upstashStore } from '../stores/upstash.ts'

/** A database of Upstash, or anything that speaks its REST protocol. */
export interface UpstashDatabase {
  /** As in `UPSTASH_REDIS_REST_URL`. */
  readonly url: string
  /** As in `UPSTASH_REDIS_REST_TOKEN`. */
  readonly token: string
  /** Where the state is kept. Default `allclear:SERVICE:auto`, with the name of the service. */
  readonly key?: string
}

/**
 * Keeps the state in a Redis, for all processes that have the same definition: so that they share rounds, breakers and
 * counters, and a dependency that comes back gets one trial from all of them.
 *
 * @param database `key`: default `allclear:SERVICE:auto`.
 * @example
 * ```ts
 * const { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token } = process.env
 * await onNode(health, { port: 8080, store: upstash(health, { url, token }) })
 * ```
 */
export function upstash<Env>(
  health: Health<Env>,
  { url, token, key = `allclear:${health.service.name}:auto` }: UpstashDatabase,
): Store {
  return upstashStore({ url, token, key, rules: health, ...systemClock, random: Math.random })
}
