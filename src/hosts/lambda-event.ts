/** The fields of the events of HTTP requests. A field may be missing or hold anything: whoever invokes writes the event. */
interface MaybeEvent {
  readonly httpMethod?: unknown
  readonly path?: unknown
  readonly rawPath?: unknown
  readonly rawQueryString?: unknown
  readonly queryStringParameters?: unknown
  readonly multiValueQueryStringParameters?: unknown
  readonly headers?: unknown
  readonly multiValueHeaders?: unknown
  readonly cookies?: unknown
  readonly body?: unknown
  readonly isBase64Encoded?: unknown
  readonly requestContext?: {
    readonly elb?: unknown
    readonly stage?: unknown
    readonly http?: { readonly method?: unknown } | null
  } | null
}

/** An event that is an HTTP request. */
export interface HttpEvent {
  readonly request: Request
  /** Whether the answer has to list the values of each header. */
  readonly hasMultiValueHeaders: boolean
}

/**
 * Reads an event, if it is an HTTP request: from a function URL, API Gateway v1 or v2, or a load balancer. A part that no
 * request can carry is left out.
 */
export function httpEvent(given: unknown, basePath: string | undefined): HttpEvent | undefined {
  const event = (isObject(given) ? given : {}) as MaybeEvent
  const { requestContext, httpMethod, path, rawPath } = event
  if (!isObject(requestContext)) return undefined
  const secondMethod = requestContext.http?.method
  const hasMultiValueHeaders = isObject(event.multiValueHeaders)
  // Only the first version and load balancers have `httpMethod`; the first version may have a `rawPath` as well.
  if (typeof httpMethod === 'string' && isPath(path)) {
    const query = requestContext.elb === undefined ? decodedQuery(event) : encodedQuery(event)
    return { request: requestOf(event, httpMethod, path, query), hasMultiValueHeaders }
  }
  if (typeof secondMethod === 'string' && isPath(rawPath)) {
    const query = typeof event.rawQueryString === 'string' ? event.rawQueryString : ''
    const inStage = withoutStage(rawPath, requestContext.stage, basePath)
    return { request: requestOf(event, secondMethod, inStage, query), hasMultiValueHeaders }
  }
  return undefined
}

/** A method that a `Request` refuses, although a server can be asked it. */
const REFUSED_METHOD = /^(?:CONNECT|TRACE|TRACK)$|[^!#$%&'*+\-.^_`|~\dA-Z]|^$/i

function requestOf(event: MaybeEvent, method: string, path: string, query: string): Request {
  // The health check of a load balancer has no host, and no path needs it. Gateways hand on some paths decoded.
  const pathname = path.replace(/[?#]/g, encodeURIComponent)
  const url = `https://localhost${pathname}${query === '' ? '' : `?${query.replaceAll('#', '%23')}`}`
  const headers = headersOf(event)
  if (REFUSED_METHOD.test(method)) {
    return Object.defineProperty(new Request(url, { headers }), 'method', { value: method })
  }
  const body = /^(?:GET|HEAD)$/i.test(method) ? null : bodyOf(event)
  return new Request(url, { method, headers, body })
}

function bodyOf({ body, isBase64Encoded }: MaybeEvent): BodyInit | null {
  if (typeof body !== 'string') return null
  return isBase64Encoded === true ? Buffer.from(body, 'base64') : body
}

function headersOf({ headers, multiValueHeaders, cookies }: MaybeEvent): Headers {
  const all = new Headers()
  for (const [name, values] of entriesOf(multiValueHeaders)) append(all, name, values)
  for (const [name, values] of entriesOf(headers))
    if (!has(multiValueHeaders, name)) append(all, name, values)
  if (Array.isArray(cookies)) append(all, 'Cookie', [cookies.join('; ')])
  return all
}

function append(headers: Headers, name: string, values: readonly string[]): void {
  try {
    // A header holds bytes, as which Node reads them from a socket, too.
    for (const value of values) headers.append(name, Buffer.from(value).toString('latin1'))
  } catch {
    // There is no such header.
  }
}

/** The query of a load balancer, as it was sent. */
function encodedQuery({ queryStringParameters, multiValueQueryStringParameters }: MaybeEvent): string {
  const parameters = multiValueQueryStringParameters ?? queryStringParameters
  return entriesOf(parameters)
    .flatMap(([name, values]) => values.map((value) => `${name}=${value}`))
    .join('&')
}

/** The query of API Gateway, which has decoded it. */
function decodedQuery({ queryStringParameters, multiValueQueryStringParameters }: MaybeEvent): string {
  const query = new URLSearchParams()
  const parameters = multiValueQueryStringParameters ?? queryStringParameters
  for (const [name, values] of entriesOf(parameters)) for (const value of values) query.append(name, value)
  return query.toString()
}

/** Names with the values that each has. */
function entriesOf(record: unknown): [name: string, values: string[]][] {
  return Object.entries(isObject(record) ? record : {}).map(([name, values]) => {
    const list: unknown[] = Array.isArray(values) ? values : [values]
    return [name, list.filter((value) => typeof value === 'string')]
  })
}

function has(record: unknown, name: string): boolean {
  return isObject(record) && Object.hasOwn(record, name)
}

function isObject(input: unknown): input is object {
  return typeof input === 'object' && input !== null
}

function isPath(input: unknown): input is string {
  return typeof input === 'string' && input.startsWith('/')
}

/** The path without the name of the stage, which API Gateway v2 puts before it, unless that is the base path. */
function withoutStage(path: string, stage: unknown, basePath: string | undefined): string {
  const prefix = `/${String(stage)}`
  return path.startsWith(`${prefix}/`) && prefix !== basePath ? path.slice(prefix.length) : path
}
