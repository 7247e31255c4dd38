import { expect, test } from 'vitest'

/** A request, as every host is asked it. */
export interface Asked {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

/** The answer. */
export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

/** Asks one host; there is no answer where its platform cannot carry what is asked. */
export type Ask = (asked: Asked) => Promise<Answered | undefined>

const bearer = { Authorization: 'Bearer open sesame' }
const openMetrics = { Accept: 'application/openmetrics-text; version=1.0.0; charset=utf-8' }

const PATHS = ['/healthz', '/livez', '/readyz', '/readyz/good', '/startupz', '/metrics'] as const

const REQUESTS: readonly (readonly [
  method: string,
  path: string,
  status: number,
  headers?: Readonly<Record<string, string>>,
])[] = [
  ['GET', '/healthz', 200],
  ['GET', '/livez', 200],
  ['GET', '/readyz', 503],
  ['GET', '/readyz', 503, bearer],
  ['GET', '/readyz', 503, { Authorization: 'Bearer wrong' }],
  ['GET', '/readyz?exclude=broken', 200],
  ['GET', '/readyz?exclude=broken,throws', 200],
  ['GET', '/readyz?exclude=broken&exclude=throws', 200],
  ['GET', '/readyz?only=good', 200],
  ['GET', '/readyz?only=%67ood%2Cjobs', 200],
  ['GET', '/readyz?only=good, jobs', 200],
  ['GET', '/readyz?tag=data', 200],
  ['GET', '/readyz?tag=edge', 503],
  ['GET', '/readyz?exclude=', 503],
  ['GET', '/readyz?cache-buster=7&empty', 503],
  ['GET', '/readyz?region=auto', 503],
  ['GET', '/readyz?view=nearest', 503],
  ['GET', '/readyz?only=nope', 400],
  ['GET', '/readyz?exclude=%22%3Cscript%3E%26+%25', 400],
  ['GET', '/readyz?tag=nope', 400],
  ['GET', '/readyz?tag=schön', 400],
  ['GET', '/readyz?only=', 400],
  ['GET', '/readyz?region=weur', 400],
  ['GET', '/readyz?view=all', 400],
  ['GET', '/readyz/good', 200],
  ['GET', '/readyz/jobs', 200],
  ['GET', '/readyz/jobs', 200, bearer],
  ['GET', '/readyz/throws', 503, bearer],
  ['GET', '/readyz/hangs', 503, bearer],
  ['GET', '/readyz/absent', 503, bearer],
  ['GET', '/readyz/tripped', 503],
  ['GET', '/readyz/warmup', 503],
  ['GET', '/readyz/nope', 404],
  ['GET', '/readyz/__proto__', 404],
  ['GET', '/readyz/%3Cb%3E', 404],
  ['GET', '/readyz/a%2Fb', 404],
  ['GET', '/startupz', 503],
  ['GET', '/startupz', 503, bearer],
  ['GET', '/metrics', 200],
  ['GET', '/metrics', 200, openMetrics],
  ['GET', '/metrics', 200, { Accept: 'text/plain;version=0.0.4;q=0.9,application/openmetrics-text;q=0.5' }],
  ['GET', '/hello', 200],
  ['HEAD', '/hello', 200],
  ['POST', '/hello', 405],
  ['GET', '/readyz?format=words', 503],
  ['GET', '/readyz?format=words&only=good', 200],
  ['GET', '/readyz/jobs?format=words', 200],
  ['GET', '/startupz?format=words', 503],
  ['GET', '/readyz?format=json', 503],
  ['GET', '/readyz?format=other', 406],
  ['GET', '/', 200],
  ['HEAD', '/', 200],
  ['POST', '/', 405],
  ['GET', '//readyz', 503],
  ['GET', '/readyz?fail=degraded&only=jobs', 503],
  ['GET', '/readyz?only=jobs', 200],
  ['GET', '/readyz?fail=never', 400],
  ['GET', '/nowhere', 404],
  ['GET', '/readyz/', 503],
  ['GET', '/READYZ', 404],
  ['GET', '/readyz/good/more', 404],
  ['HEAD', '/nowhere', 404],
  ['HEAD', '/readyz/nope', 404],
  ['HEAD', '/readyz?only=nope', 400],
  ...PATHS.map((path) => ['HEAD', path, path === '/readyz' || path === '/startupz' ? 503 : 200] as const),
  ...PATHS.flatMap((path) =>
    ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((method) => [method, path, 405] as const),
  ),
]

const CASES = REQUESTS.map(([method, path, status, headers = {}], n) => ({
  method,
  path,
  status,
  headers,
  n,
}))

/** The headers of the contract. A server adds others. */
const HEADERS = [
  'allclear-status',
  'allow',
  'cache-control',
  'content-type',
  'retry-after',
  'www-authenticate',
  'x-content-type-options',
]

/** Times, durations and ages, and nothing else. */
const TIMES: readonly (readonly [RegExp, string])[] = [
  [/"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"/g, '"TIME"'],
  [/"age_ms":\d+/g, '"age_ms":AGE'],
  [/"duration_ms":[\d.]+/g, '"duration_ms":DURATION'],
  [/^(\w+_duration_seconds_(?:bucket|sum)\{.*\}) [\d.e-]+$/gm, '$1 DURATION'],
  [/^(\w+_last_run_timestamp_seconds\{.*\}) [\d.e]+$/gm, '$1 TIME'],
  [/^(\w+_last_round_timestamp_seconds) [\d.e]+$/gm, '$1 TIME'],
]

/** All of an answer that does not depend on when it was given. */
function timeless({ status, headers, body }: Answered): object {
  const own = HEADERS.map((name) => [name, headers.get(name)] as const)
  const retryAfter = headers.get('retry-after')
  return {
    status,
    // It counts down from what `ttlMs` says.
    headers: Object.fromEntries(own.filter(([name, value]) => value !== null && name !== 'retry-after')),
    retryAfter:
      retryAfter !== null && (Number(retryAfter) > 500 && Number(retryAfter) <= 600 ? 'soon' : retryAfter),
    body: TIMES.reduce((text, [pattern, name]) => text.replace(pattern, name), body),
  }
}

/** Asks all hosts the same, each its own round, and holds every answer against the first one's. */
export function everywhereSuite(hosts: () => Readonly<Record<string, Ask>>): void {
  test.each(CASES)('$method $path is $status everywhere, $n', async ({ method, path, status, headers }) => {
    const asked = Object.entries(hosts()).map(async ([name, ask]) => {
      const answered = await ask({ method, path, headers })
      return answered === undefined ? [] : [{ name, answered }]
    })
    const answers = (await Promise.all(asked)).flat()
    const [first, ...others] = answers.map(({ name, answered }) => ({ name, seen: timeless(answered) }))
    expect(first?.seen, first?.name).toMatchObject({ status })
    for (const { name, seen } of others) expect(seen, `${name} as ${first?.name}`).toEqual(first?.seen)
    if (method === 'HEAD') for (const { name, answered } of answers) expect(answered.body, name).toBe('')
  })

  test.each(PATHS)('HEAD %s has every header that GET has, everywhere', async (path) => {
    for (const [name, ask] of Object.entries(hosts())) {
      const [get, head] = await Promise.all(
        ['GET', 'HEAD'].map((method) => ask({ method, path, headers: {} })),
      )
      expect([...(head?.headers.keys() ?? [])], name).toEqual(
        expect.arrayContaining([...(get?.headers.keys() ?? [])]),
      )
      // The other bodies hold milliseconds, in more digits or fewer.
      if (path === '/healthz') expect(head?.headers.get('content-length'), name).toBe('20')
    }
  })
}
