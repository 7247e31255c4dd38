import type { Health } from '../core/define.ts'
import { nodeMachine } from '../drivers/machine.ts'
import type { Store } from '../stores/store.ts'
import { type HttpEvent, httpEvent } from './lambda-event.ts'
import { upstash } from './node-store.ts'
import { singleCell, warn } from './single-cell.ts'

/** The options of `onLambda`. */
export interface LambdaOptions {
  /** The store of the state that all environments of the function share. Default: the one that the variables name. */
  readonly store?: Store
  /** Answers below this path, for the base path mapping of a custom domain: `/health`. Default at the root. */
  readonly basePath?: string
}

/** The platform's word on an invocation. */
export interface LambdaContext {
  /** Default: only the definition limits the time. */
  readonly getRemainingTimeInMillis?: () => number
}

/** The answer in the form that the platform takes. */
export interface LambdaAnswer {
  statusCode: number
  headers?: Record<string, string>
  /** Replaces `headers` where the event has multi-value headers. */
  multiValueHeaders?: Record<string, string[]>
  body: string
  isBase64Encoded: boolean
}

/** The handler of events: `export const handler = …`. */
export type LambdaHandler = (event: unknown, context?: LambdaContext | null) => Promise<LambdaAnswer>

/** Reserved to send the answer, in milliseconds: this much of the remaining time, and at most half of it. */
const SEND_MS = 250

/**
 * Hosts a definition on AWS Lambda: a handler for function URLs, API Gateway v1 and v2, and load balancers.
 *
 * With `UPSTASH_REDIS_REST_URL` and `UPSTASH_REDIS_REST_TOKEN` in the environment, all environments of the function
 * share the state. Without them, or while that Redis cannot be reached, each environment has its own state, and the
 * report says `"state": "local"`. An answer takes at most `deadlineMs` and at most the time that the invocation has
 * left, and no work goes on after it.
 *
 * It has one cell and no background rounds: it ignores `regions` and `intervalMs`.
 *
 * @param options `store`: default Upstash where the environment names one, else memory. `basePath`: default the root.
 * @example
 * ```ts
 * import { onLambda } from 'allclear/lambda'
 * import health from './health.config'
 *
 * export const handler = onLambda(health)
 * ```
 */
export function onLambda<Env>(health: Health<Env>, { store, ...routing }: LambdaOptions = {}): LambdaHandler {
  const shared = store ?? storeInEnv(health)
  const { routes } = singleCell(health, {
    store: shared,
    state: shared === undefined ? 'local' : 'shared',
    machine: nodeMachine,
    canWorkBehind: false,
    envOf: () => process.env,
    leftMs: (context) => leftMs(context as LambdaContext | null | undefined),
    ...routing,
  })
  return async (given, context) => {
    const event = httpEvent(given, routing.basePath)
    if (event === undefined) return UNKNOWN
    try {
      return await answerOf(await routes.fetch(event.request, context as never), event)
    } catch {
      // The routes answer every error. What a plugin throws may be none.
      return answerOf(Response.json({ error: 'internal error' }, { status: 500 }), event)
    }
  }
}

async function answerOf(response: Response, { hasMultiValueHeaders }: HttpEvent): Promise<LambdaAnswer> {
  const headers = [...response.headers]
  return {
    statusCode: response.status,
    ...(hasMultiValueHeaders
      ? { multiValueHeaders: Object.fromEntries(headers.map(([name, value]) => [name, [value]])) }
      : { headers: Object.fromEntries(headers) }),
    // Every answer is text.
    body: await response.text(),
    isBase64Encoded: false,
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

/** The store that the environment variables name, if they name one. */
function storeInEnv<Env>(health: Health<Env>): Store | undefined {
  const { [URL_NAME]: url = '', [TOKEN_NAME]: token = '' } = process.env
  if (url !== '' && token !== '') return upstash(health, { url, token })
  if (url !== token) {
    const missing = url === '' ? URL_NAME : TOKEN_NAME
    warn(`allclear: ${missing} is not set, so each environment keeps a state of its own`)
  }
  return undefined
}

function leftMs(context: LambdaContext | null | undefined): number {
  const isTold = typeof context?.getRemainingTimeInMillis === 'function'
  const remainingMs = isTold ? context.getRemainingTimeInMillis() : NaN
  return Number.isFinite(remainingMs) ? remainingMs - Math.min(SEND_MS, remainingMs / 2) : Infinity
}
