import type { LambdaEvent } from 'hono/aws-lambda'

/** The fields by which the events of HTTP requests are told apart. Every kind has some of them. */
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
 * The event in the form that hono takes, if it is an HTTP request: from a function URL, API Gateway v1 or v2, or a load
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
    // No path reads a body, and hono refuses a GET that has one.
    body: null,
    // The health check of a load balancer has no host, and no path needs it.
    requestContext: { ...requestContext, domainName: 'localhost' },
  } as unknown as LambdaEvent
}

function isPath(input: unknown): input is string {
  return typeof input === 'string' && input.startsWith('/')
}

/** The path without the name of the stage, which API Gateway v2 puts before it. */
function withoutStage(path: string, stage: unknown): string {
  const prefix = `/${String(stage)}`
  return path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : path
}
