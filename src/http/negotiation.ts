import type { Answer, Format, ReaderContext } from '../core/plugin.ts'

/** How a request wants its answer. */
export interface Wish {
  readonly format: Format
  /** Whether `degraded` is answered 503 too: `?fail=degraded`. */
  readonly failsDegraded: boolean
}

/** The wish of a request, or why it cannot be met. */
export function wishOf(
  context: Pick<ReaderContext, 'request' | 'query'>,
  formats: readonly [Format, ...Format[]],
): Wish | { readonly refused: Answer } {
  const format = formatFor(context, formats)
  if ('refused' in format) return format
  const [fail] = context.query('fail')
  if (fail === undefined || fail === 'degraded') return { format, failsDegraded: fail !== undefined }
  const error = `fail: expected degraded, received ${JSON.stringify(fail)}`
  return { refused: { code: 400, body: { error } } }
}

/** The format that a request asks for: by `?format=NAME`, else by `Accept`, else the first. */
function formatFor(
  { request, query }: Pick<ReaderContext, 'request' | 'query'>,
  formats: readonly [Format, ...Format[]],
): Format | { readonly refused: Answer } {
  const [byDefault, ...others] = formats
  const [name] = query('format')
  if (name !== undefined) {
    const named = formats.find((format) => format.name === name)
    if (named !== undefined) return named
    const known = formats.map((format) => format.name).join(', ')
    const error = `format: none is named ${JSON.stringify(name)}; known: ${known}`
    return { refused: { code: 406, body: { error } } }
  }
  return accepted(request.headers.get('Accept'), byDefault, others)
}

/**
 * The format that an `Accept` header prefers (RFC 9110, 12.5.1). It must name one of the others to get it, since what
 * accepts anything gets the format that everything reads. hono has a parser for such headers, which would be a
 * twentieth of all that Allclear adds to a Worker.
 */
export function accepted(accept: string | null, byDefault: Format, others: readonly Format[]): Format {
  if (accept === null) return byDefault
  const weights = new Map(accept.toLowerCase().split(',').map(weighed))
  const named = ({ mediaTypes = [] }: Format): number =>
    Math.max(0, ...mediaTypes.map((type) => weights.get(type) ?? 0))
  const [type = ''] = byDefault.mediaTypes ?? []
  const least = weights.get(type) ?? weights.get(type.replace(/\/.*/, '/*')) ?? weights.get('*/*') ?? 0
  const [best] = others.toSorted((a, b) => named(b) - named(a))
  return best !== undefined && named(best) > 0 && named(best) >= least ? best : byDefault
}

function weighed(range: string): [type: string, weight: number] {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim())
  const weight = parameters.find((parameter) => parameter.startsWith('q='))
  return [type, weight === undefined ? 1 : Number(weight.slice(2)) || 0]
}
