/**
 * Whether an `Accept` header would rather have OpenMetrics than plain text (RFC 9110, 12.5.1): it has to name it, since
 * what accepts anything gets the format that everything reads. hono has a helper for such headers, which would be a
 * twentieth of all that Allclear adds to a Worker.
 */
export function prefersOpenMetrics(accept: string): boolean {
  const weights = new Map(accept.split(',').map(weighed))
  const openMetrics = weights.get('application/openmetrics-text') ?? 0
  const plain = weights.get('text/plain') ?? weights.get('text/*') ?? weights.get('*/*') ?? 0
  return openMetrics > 0 && openMetrics >= plain
}

function weighed(range: string): [type: string, weight: number] {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
  const weight = parameters.find((parameter) => parameter.startsWith('q='))
  return [type, weight === undefined ? 1 : Number(weight.slice(2)) || 0]
}
