import { handle } from 'hono/aws-lambda'
import type { Health } from '../core/define.ts'
import { diskUsage } from '../probe/disk-usage.ts'
import type { Store } from '../stores/store.ts'
import { httpEvent } from './lambda-event.ts'
import { singleCell, warn } from './single-cell.ts'
import { upstash } from './upstash.ts'

/** The options of `onLambda`. */
export interface LambdaOptions {
  /** Where the state is kept that all environments of the function share. Default what the environment variables say. */
  readonly store?: Store
}

/** What the platform tells of an invocation. */
export interface LambdaContext {
  readonly getRemainingTimeInMillis: () => number
}

/** What is given back to the platform. */
export interface LambdaAnswer {
  statusCode: number
  headers?: Record<string, string>
  /** In place of `headers`, where the event came with such. */
  multiValueHeaders?: Record<string, string[]>
  body: string
  isBase64Encoded: boolean
}

/** A handler of events: `export const handler = …`. */
export type LambdaHandler = (event: unknown, context?: LambdaContext) => Promise<LambdaAnswer>

/** For an answer to be written and to leave, of the time that an invocation has left, in milliseconds; at most half. */
const MARGIN_MS = 250

/**
 * Hosts a definition on AWS Lambda: a handler for function URLs, API Gateway v1 and v2, and load balancers.
 *
 * With `UPSTASH_REDIS_REST_URL` and `UPSTASH_REDIS_REST_TOKEN` in the environment, all environments of the function
 * share the state. Without, or while that Redis cannot be reached, it is the environment's own, and the report says
 * `"state": "local"`. No answer takes longer than `deadlineMs`, nor than the invocation has left; nothing is left
 * running after it.
 *
 * There is one cell, here, and no background rounds: `regions` and `intervalMs` are for other hosts.
 *
 * @param options `store`: default Upstash where the environment names one, else memory.
 * @example
 * ```ts
 * import { onLambda } from 'allclear/lambda'
 * import health from './health.config'
 *
 * export const handler = onLambda(health)
 * ```
 */
export function onLambda<Env>(health: Health<Env>, { store }: LambdaOptions = {}): LambdaHandler {
  const storeOf = store === undefined ? storeOfEnv(health) : () => store
  const { routes } = singleCell(health, {
    storeOf,
    state: storeOf === undefined ? 'local' : 'shared',
    diskUsage,
    envOf: () => process.env,
    leftMs: (handed) => leftMs((handed as { lambdaContext?: LambdaContext }).lambdaContext),
  })
  // All that is ever answered is text; hono would take OpenMetrics for binary.
  const answer = handle(routes, { isContentTypeBinary: () => false })
  return async (given, context) => {
    const event = httpEvent(given)
    if (event === undefined) return UNKNOWN
    const answered: unknown = await answer(event, context as never)
    return answered as LambdaAnswer
  }
}

const UNKNOWN: LambdaAnswer = {
  statusCode: 400,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  body: JSON.stringify({
    error: 'an event of an unknown kind; known: function URL, API Gateway v1 and v2, load balancer',
  }),
  isBase64Encoded: false,
}

const URL_NAME = 'UPSTASH_REDIS_REST_URL'
const TOKEN_NAME = 'UPSTASH_REDIS_REST_TOKEN'

/** The store that the environment names, if it does. */
function storeOfEnv<Env>(health: Health<Env>): (() => Store) | undefined {
  const { [URL_NAME]: url = '', [TOKEN_NAME]: token = '' } = process.env
  if (url !== '' && token !== '') {
    const store = upstash(health, { url, token })
    return () => store
  }
  if (url !== token) {
    const missing = url === '' ? URL_NAME : TOKEN_NAME
    warn(`allclear: ${missing} is not set, so each environment keeps a state of its own`)
  }
  return undefined
}

function leftMs(context: LambdaContext | undefined): number {
  if (context === undefined) return Infinity
  const remainingMs = context.getRemainingTimeInMillis()
  return remainingMs - Math.min(MARGIN_MS, remainingMs / 2)
}
