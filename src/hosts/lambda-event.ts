import type { LambdaEvent } from 'hono/aws-lambda'

/** What all events of an HTTP request have of each other, and none has alone. */
interface MaybeEvent {
  readonly httpMethod?: unknown
  readonly path?: unknown
  readonly rawPath?: unknown
  readonly requestContext?: {
    readonly elb?: unknown
    readonly stage?: unknown
    readonly http?: { readonly method?: unknown }
  } | null
}

/**
 * The event as hono takes it, if it is one of an HTTP request: of a function URL, API Gateway v1 or v2, or a load
 * balancer.
 */
export function httpEvent(given: unknown): LambdaEvent | undefined {
  const event = (typeof given === 'object' && given !== null ? given : {}) as MaybeEvent
  const { requestContext, httpMethod, path, rawPath } = event
  if (typeof requestContext !== 'object' || requestContext === null) return undefined
  const isSecond = typeof requestContext.http?.method === 'string' && isPath(rawPath)
  const isFirst = typeof httpMethod === 'string' && isPath(path)
  if (!isFirst && !isSecond) return undefined
  return {
    ...event,
    ...(isSecond ? { rawPath: withoutStage(rawPath, requestContext.stage) } : {}),
    // No path reads a body, and one that came with a GET would be refused.
    body: null,
    // A load balancer's own health check has no host; no path asks for it.
    requestContext: { ...requestContext, domainName: 'localhost' },
  } as unknown as LambdaEvent
}

function isPath(input: unknown): input is string {
  return typeof input === 'string' && input.startsWith('/')
}

/** API Gateway v2 puts the name of a stage before the path, if the stage has one. */
function withoutStage(path: string, stage: unknown): string {
  const prefix = `/${String(stage)}`
  return path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : path
}
