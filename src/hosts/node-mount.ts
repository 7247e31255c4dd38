import type { Health } from '../core/define.ts'
import type { Store } from '../stores/store.ts'
import { mountListener } from './node-mounted.ts'

/** The options of `mountNode`. */
export interface MountOptions {
  /** Answers below this path, for routers that do not strip a prefix: `/health`. Default at the root. */
  readonly basePath?: string
  /** The store of the state. Default the memory of this process; `upstash(…)` shares it among many. */
  readonly store?: Store
}

/** A request of `node:http`. Only what tells it from other requests is named, so these types need none of Node's. */
export interface NodeRequest {
  readonly httpVersion: string
  readonly rawHeaders: readonly string[]
}

/** A response of `node:http`. */
export interface NodeResponse {
  readonly headersSent: boolean
  readonly writableEnded: boolean
}

/** A definition, to mount in a server of one's own. */
export interface MountNode {
  /** Answers a request of `http.createServer`, Express, Fastify (its `raw` ones) and the like. */
  readonly listener: (request: NodeRequest, response: NodeResponse) => void
  /** Answers a `Request`, for frameworks that have such: Next.js, Astro. */
  readonly fetch: (request: Request) => Promise<Response>
  /** `/readyz` is 503 from now on, and each answer of `listener` ends its connection. All else is answered. */
  readonly leave: () => void
  /** Leaves, ends the background rounds, and waits until every request in flight is answered. */
  readonly close: () => Promise<void>
}

/**
 * Mounts a definition in a Node server of one's own. It listens to no signal: call `leave` when the process is told to
 * end, and `close` when the server has ended.
 *
 * With `intervalMs` it probes in the background. It has one cell and ignores `regions`, which only Workers support.
 *
 * @param options `basePath`: default the root. `store`: default memory.
 * @example
 * ```ts
 * import { mountNode } from 'allclear/node'
 * import health from './health.config'
 *
 * const { listener, leave } = mountNode(health)
 * app.use('/health', listener)
 * process.once('SIGTERM', leave)
 * ```
 */
export function mountNode<Env>(health: Health<Env>, options: MountOptions = {}): MountNode {
  const { listener, fetch, leave, close } = mountListener(health, options)
  return { listener: listener as MountNode['listener'], fetch, leave, close }
}
