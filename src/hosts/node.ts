import { constants } from 'node:os'
import type { Health } from '../core/define.ts'
import type { MountOptions } from './node-mount.ts'
import { mountListener } from './node-mounted.ts'
import { startNodeServer } from './node-server.ts'

/** The options of `onNode`. */
export interface NodeOptions extends MountOptions {
  /** The port to listen on; 0 is any free port. */
  readonly port: number
  /** The address to listen on. Default all addresses of this machine. */
  readonly hostname?: string
  /**
   * How long requests are still answered after SIGTERM or SIGINT, in milliseconds, while `/readyz` says 503. Default
   * 5000: long enough for a load balancer that asks every few seconds to send its requests elsewhere.
   */
  readonly drainMs?: number
}

/** A running server. */
export interface OnNode {
  /** The address that it listens on: `http://localhost:8080`. */
  readonly url: string
  /** Answers the requests in flight, and ends without waiting `drainMs`. */
  readonly close: () => Promise<void>
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/**
 * Hosts a definition in a Node process: under Kubernetes, in a container, beside the service itself.
 *
 * On SIGTERM or SIGINT `/readyz` is 503 at once, while liveness stays 200 and all requests are answered. After
 * `drainMs` it stops listening, answers the requests in flight, and lets the process end. A second signal ends the
 * process at once.
 *
 * With `intervalMs` it probes in the background. It has one cell and ignores `regions`, which only Workers support.
 *
 * @param options `port`. `hostname`: default all addresses. `basePath`: default the root. `store`: default memory.
 * `drainMs`: default 5000.
 * @throws if it cannot listen: `port 8080 is taken`.
 * @example
 * ```ts
 * import { onNode } from 'allclear/node'
 * import health from './health.config'
 *
 * const { url } = await onNode(health, { port: 8080 })
 * console.log(`listening on ${url}`)
 * ```
 */
export async function onNode<Env>(
  health: Health<Env>,
  { port, hostname, drainMs = 5000, ...mounting }: NodeOptions,
): Promise<OnNode> {
  const mounted = mountListener(health, mounting, { overrideGlobalObjects: true })
  const server = await startNodeServer(mounted, { port, hostname }).catch((error: unknown) => {
    void mounted.close()
    throw error
  })
  const drained = Promise.withResolvers<void>()
  let ending: Promise<void> | undefined
  let signals = 0

  async function end(): Promise<void> {
    mounted.leave()
    await drained.promise
    await Promise.all([server.close(), mounted.close()])
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }

  function onSignal(signal: (typeof SIGNALS)[number]): void {
    signals += 1
    if (signals > 1) process.exit(128 + constants.signals[signal])
    const timer = setTimeout(drained.resolve, drainMs)
    void drained.promise.then(() => clearTimeout(timer))
    ending ??= end()
  }

  for (const signal of SIGNALS) process.on(signal, onSignal)
  return {
    url: server.url,
    close: () => {
      drained.resolve()
      return (ending ??= end())
    },
  }
}
