import { expect, onTestFinished, test } from 'vitest'
import type { Answer, LocalServer } from '../../src/local/server.ts'
import { sendJson, startServer } from '../../src/local/server.ts'
import { type CliScene, screen, sceneOf, withoutColourSettings } from './scene.ts'

withoutColourSettings()

const AT = '2026-11-23T05:00:00.000Z'
const CHECK = { critical: true, duration_ms: 12.41, detail: '', breaker: 'closed', checked_at: AT }

function reportOf(status: string, check: object = {}): object {
  return { status, checked_at: AT, age_ms: 812, checks: { redis: { ...CHECK, status, ...check } } }
}

/** Starts an endpoint with this answer, and makes a scene that polls it. */
async function polled(
  answer: Answer | object,
  given: Parameters<typeof sceneOf>[0] = {},
): Promise<
  CliScene & {
    readonly server: LocalServer
    readonly poll: (path?: string, ...args: string[]) => Promise<number>
  }
> {
  const server = await startServer(
    typeof answer === 'function' ? (answer as Answer) : (_, response) => sendJson(response, 200, answer),
  )
  onTestFinished(server.close)
  const stage = sceneOf({ fetch: (url, init) => fetch(url, init), ...given })
  return {
    ...stage,
    server,
    poll: (path = '', ...args) => stage.allclear('poll', server.origin + path, ...args),
  }
}

test('the report of an endpoint is drawn like one of this process', async () => {
  const { server, poll, out, err } = await polled((_, response) =>
    sendJson(response, 503, reportOf('unhealthy', { detail: 'timeout', error: 'no answer' })),
  )
  expect(await poll()).toBe(1)
  expect(`\n${out().replace(server.origin, 'http://origin')}`).toMatchInlineSnapshot(`
    "
    CHECK  STATUS     DURATION  DETAIL
    redis  unhealthy     12 ms  timeout
      no answer

    http://origin/readyz is unhealthy (1 unhealthy), checked 812 ms ago
    "
  `)
  expect(err()).toBe('')
})

test.each([
  ['healthy', 200, 0],
  ['degraded', 200, 2],
  ['unhealthy', 503, 1],
  ['unknown', 503, 1],
])('%s is an exit code', async (status, http, code) => {
  const { poll } = await polled((_, response) => sendJson(response, http, reportOf(status)))
  expect(await poll()).toBe(code)
})

test.each([
  ['', '/readyz'],
  ['/', '/readyz'],
  ['/readyz', '/readyz'],
  ['/readyz/', '/readyz'],
  ['/readyz?only=redis#top', '/readyz?only=redis'],
  ['/internal', '/internal/readyz'],
  ['/internal/?tag=x', '/internal/readyz?tag=x'],
  ['/internal/readyz', '/internal/readyz'],
  ['/startupz', '/startupz'],
])('of a URL with %j it asks %s', async (path, asked) => {
  let seen: string | undefined
  const { poll } = await polled((request, response) => {
    seen = request.path
    sendJson(response, 200, reportOf('healthy'))
  })
  expect(await poll(path)).toBe(0)
  expect(seen).toBe(asked)
})

test('one check is a table of one, and liveness a line', async () => {
  const one = await polled({ ...CHECK, status: 'degraded' })
  expect(await one.poll('/readyz/redis')).toBe(2)
  expect(one.out()).toMatch(/^redis {2}degraded {5}12 ms$/m)
  const live = await polled({ status: 'healthy' })
  expect(await live.poll('/livez')).toBe(0)
  expect(live.out()).toBe(`${live.server.origin}/livez is healthy\n`)
})

test('a local state is named, and so is a report before the first round', async () => {
  const { poll, out } = await polled({
    ...reportOf('unknown'),
    state: 'local',
    checked_at: null,
    age_ms: null,
  })
  expect(await poll()).toBe(1)
  expect(out()).toMatch(/is unknown \(1 unknown\), not checked yet, state local\n$/)
})

test.each<[string, Answer, string]>([
  [
    'a status alone',
    (_, r) => sendJson(r, 200, { status: 'healthy' }),
    'http 200, and no report of Allclear',
  ],
  ['another status', (_, r) => sendJson(r, 200, reportOf('UP')), 'http 200, and no report of Allclear'],
  [
    'a time that is none',
    (_, r) => sendJson(r, 200, reportOf('healthy', { retry_at: '\u001b[2J' })),
    'http 200, and no report of Allclear',
  ],
  [
    'a check without a status',
    (_, r) => sendJson(r, 200, reportOf('healthy', { status: undefined })),
    'http 200, and no report of Allclear',
  ],
  ['a page', (_, r) => void r.end('<html>ok</html>'), 'http 200, and no JSON'],
  ['nothing', (_, r) => void r.writeHead(204).end(), 'http 204, and no JSON'],
  ['a list', (_, r) => sendJson(r, 200, [1]), 'http 200, and no report of Allclear'],
  [
    'a report as a server error',
    (_, r) => sendJson(r, 500, reportOf('healthy')),
    'http 500, and no report of Allclear',
  ],
  [
    'a fault',
    (_, r) => sendJson(r, 400, { error: 'only: no check is named "x"' }),
    'http 400: only: no check is named "x"',
  ],
  [
    'a fault with an escape',
    (_, r) => sendJson(r, 404, { error: 'not\u001b[2J\nhere' }),
    'http 404: not here',
  ],
  [
    'a redirect',
    (_, r) => void r.writeHead(301, { location: 'https://other.example/' }).end(),
    'http 301, a redirect to https://other.example/; poll that',
  ],
  [
    'an endless page',
    (_, r) => void r.end('x'.repeat(5 * 1024 * 1024)),
    'http 200, and more than any report has',
  ],
])('%s is no report: one clear line, and 1', async (_, answer, error) => {
  const { server, poll, out, err } = await polled(answer)
  expect(await poll()).toBe(1)
  expect([out(), err()]).toEqual(['', `allclear: ${server.origin}/readyz: ${error}\n`])
})

test('a 503 is not healthy because its body says so', async () => {
  for (const args of [[], ['--json']]) {
    for (const path of ['/readyz', '/startupz', '/livez', '/readyz/redis']) {
      const body = path === '/readyz/redis' ? { ...CHECK, status: 'healthy' } : reportOf('healthy')
      const { server, poll, out, err } = await polled((_, response) => sendJson(response, 503, body))
      expect(await poll(path, ...args)).toBe(1)
      expect([out(), err()]).toEqual([
        '',
        `allclear: ${server.origin}${path}: http 503, though the body says healthy\n`,
      ])
    }
  }
})

test('a degraded 503 is shown, and its code counts', async () => {
  const degraded: Answer = (_, response) => sendJson(response, 503, reportOf('degraded'))
  const asked = await polled(degraded)
  expect(await asked.poll('?fail=degraded')).toBe(1)
  expect(asked.out()).toContain('is degraded')
  expect(asked.err()).toBe('')
  const unasked = await polled(degraded)
  expect(await unasked.poll()).toBe(1)
  expect(unasked.out()).toContain('is degraded')
  expect(unasked.err()).toBe(
    `allclear: ${unasked.server.origin}/readyz: http 503, though the body says degraded\n`,
  )
})

test('an endpoint that is not there is one clear line, and 1', async () => {
  const { server, poll, err } = await polled({})
  await server.close()
  expect(await poll()).toBe(1)
  expect(err()).toBe(`allclear: ${server.origin}/readyz: connect ECONNREFUSED ${server.origin.slice(7)}\n`)
})

test('an endpoint that does not answer in time is one clear line, and 1', async () => {
  const { server, poll, err } = await polled({})
  server.faults.set('hang')
  expect(await poll('', '--timeout', '0.1')).toBe(1)
  expect(err()).toBe(`allclear: ${server.origin}/readyz: no answer within 0.1 s\n`)
})

test.each([
  ['localhost:8787', 'expected a URL such as https://example.com/readyz, received "localhost:8787"'],
  ['ftp://example.com', 'expected a URL such as https://example.com/readyz, received "ftp://example.com"'],
  ['nonsense', 'expected a URL such as https://example.com/readyz, received "nonsense"'],
  [
    'https://user:hunter2@example.com',
    'the URL holds credentials; give a token through the environment, by --token-env NAME',
  ],
])('of %s nothing is asked, and it is 3', async (url, error) => {
  const { allclear, err } = sceneOf()
  expect(await allclear('poll', url)).toBe(3)
  expect(err()).toBe(`allclear: ${error}\n`)
})

test('nothing that an endpoint says acts on the terminal', async () => {
  const evil = '\u001b[2J\u001b]0;pwned\u0007\u009b31m\r\n\u202eevil'
  const check = { ...CHECK, status: 'unhealthy', detail: evil, error: evil, breaker: evil }
  const answer = {
    ...reportOf('unhealthy'),
    checks: { [evil]: check, constructor: { ...check, detail: 'x'.repeat(100_000) } },
    regions: { [evil]: { ...reportOf('healthy'), colo: evil } },
    unheardOf: evil,
  }
  for (const args of [[], ['--json']]) {
    const { poll, out } = await polled(answer)
    expect(await poll('', ...args)).toBe(1)
    // oxlint-disable-next-line no-control-regex -- these must not come through
    expect(out()).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]|\\u00|pwned|unheardOf/)
    expect(out()).toContain('evil')
    expect(out(), 'no name is passed over').toContain('constructor')
    expect(out().length).toBeLessThan(5000)
  }
})

test('a token comes from the environment only', async () => {
  const asked: (string | undefined)[] = []
  const answer: Answer = ({ headers }, response) => {
    asked.push(headers['authorization'])
    sendJson(response, 200, reportOf('healthy'))
  }
  const env = { ALLCLEAR_TOKEN: 'usual', OTHER: ' special\n' }
  await (await polled(answer)).poll()
  await (await polled(answer, { env })).poll()
  await (await polled(answer, { env })).poll('', '--token-env', 'OTHER')
  expect(asked).toEqual([undefined, 'Bearer usual', 'Bearer special'])
})

test('a token that an answer echoes is not shown', async () => {
  const token = 'hunter2/+x'
  const echoes = [
    token,
    `\u001b[1m${token}`,
    encodeURIComponent(token),
    btoa(token),
    `${'x'.repeat(295)}${token}`,
  ]
  const texts = echoes.map((echo) => `got ${echo}`)
  const text = texts.join(', ')
  const check = { ...CHECK, status: 'unhealthy', detail: text, error: text, breaker: text }
  const named = Object.fromEntries(
    texts.map((name) => [name, { ...check, observed: { value: 1, unit: name } }]),
  )
  const report = {
    ...reportOf('unhealthy'),
    checks: named,
    regions: { [text]: { ...reportOf('unhealthy'), checks: named, colo: text } },
  }
  const answers: Answer[] = [
    (_, response) => sendJson(response, 503, report),
    (_, response) => sendJson(response, 500, { error: text }),
    (_, response) => void response.writeHead(302, { location: `https://x.example/${token}` }).end(),
  ]
  for (const answer of answers) {
    for (const args of [[], ['--json']]) {
      const { poll, out, err } = await polled(answer, { env: { ALLCLEAR_TOKEN: token } })
      expect(await poll('', ...args)).toBe(1)
      for (const part of [token, token.slice(0, 5), encodeURIComponent(token), btoa(token)]) {
        expect(out() + err()).not.toContain(part)
      }
      expect(out() + err()).toContain('[redacted]')
    }
  }
})

test.each([
  ['MISSING', '--token-env: the environment has no MISSING'],
  ['BROKEN', 'BROKEN of the environment holds characters that no token has'],
])('a token that cannot be sent is a fault, and is not shown (%s)', async (name, error) => {
  const { poll, err } = await polled(reportOf('healthy'), { env: { BROKEN: 'sec\nret' } })
  expect(await poll('', '--token-env', name)).toBe(3)
  expect(err()).toBe(`allclear: ${error}\n`)
})

test('a refused token is one warning, and the public answer counts', async () => {
  const { poll, err } = await polled(
    (_, response) => sendJson(response, 200, reportOf('healthy'), { 'www-authenticate': 'Bearer' }),
    { env: { ALLCLEAR_TOKEN: 'old' }, meanwhile: (waits, interrupt) => waits === 3 && interrupt() },
  )
  expect(await poll('', '--watch')).toBe(0)
  expect(err()).toBe('allclear: the token was not accepted, so the endpoint gave its public answer\n')
})

test('a watch survives an endpoint that is down for a while, and ends with the last status', async () => {
  const { server, poll, out, err } = await polled(reportOf('degraded'), {
    meanwhile: (waits, interrupt) => {
      server.faults.set(waits === 1 ? 'down' : 'ok')
      if (waits === 3) interrupt()
    },
  })
  expect(await poll('', '--watch')).toBe(2)
  expect(out().match(/is degraded/g)).toHaveLength(2)
  expect(err().split('\n')).toEqual([expect.stringContaining(`allclear: ${server.origin}/readyz: `), ''])
})

test('on a terminal it names the endpoint while it asks', async () => {
  const { server, poll, err } = await polled(reportOf('healthy'), { stderr: screen({ columns: 80 }) })
  await poll()
  expect(err()).toBe(`\r\u001b[Kasking ${server.origin}/readyz\r\u001b[K`)
})
