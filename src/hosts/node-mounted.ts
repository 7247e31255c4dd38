import type { IncomingMessage } from 'node:http'
import type { Health } from '../core/define.ts'
import { nodeMachine } from '../drivers/machine.ts'
import type { Poll } from '../poll/poller.ts'
import { reasonOf } from '../probe/secrets.ts'
import { type Background, background } from './background.ts'
import { type NodeListener, type NodeListenerOptions, nodeListener } from './node-listener.ts'
import { type SingleCellOptions, singleCell, warn } from './single-cell.ts'

export interface MountedListener extends NodeListener {
  readonly fetch: (request: Request) => Promise<Response>
  /** Leaves, ends the background rounds, and waits until every request in flight is answered. */
  readonly close: () => Promise<void>
}

/** Mounts a definition, in the types of Node, which the public ones must not need. */
export function mountListener(
  health: Health<never>,
  { store, ...routing }: Pick<SingleCellOptions, 'store' | 'basePath'>,
  listening: NodeListenerOptions = {},
): MountedListener {
  let isLeaving = false
  const env = process.env
  const { poll, routes } = singleCell(health, {
    store,
    machine: nodeMachine,
    envOf: () => env,
    isLeaving: () => isLeaving,
    // The request would make all its headers to tell this one.
    authorizationOf: (c) => {
      const { incoming } = (c.env ?? {}) as { readonly incoming?: IncomingMessage }
      return incoming === undefined ? c.req.raw.headers.get('Authorization') : incoming.headers.authorization
    },
    ...routing,
  })
  const { leave: endConnections, ...answering } = nodeListener(routes.fetch, listening)
  const rounds = backgroundRounds(health, poll)

  function leave(): void {
    isLeaving = true
    endConnections()
  }

  return {
    ...answering,
    fetch: async (request) => routes.fetch(request),
    leave,
    close: async () => {
      leave()
      await Promise.all([answering.answered(), rounds?.stop()])
    },
  }
}

/** Background rounds, through the same cell as the rounds that polls cause. */
function backgroundRounds({ intervalMs, ttlMs }: Health<never>, poll: Poll): Background | undefined {
  if (intervalMs === undefined) return undefined
  // A round is left out where a poll or another process has just caused one.
  const caller = { waitUntil: () => {}, ttlMs: Math.min(ttlMs, intervalMs / 2) }
  return background(async () => poll(process.env, caller), {
    intervalMs,
    random: Math.random,
    onError: (error) =>
      warn(`allclear: a background round failed, the next one comes: ${reasonOf(error, process.env)}`),
  })
}
