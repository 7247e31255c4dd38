import { afterAll, beforeAll, expect, test } from 'vitest'
import { sendJson, startServer } from '../../src/local/server.ts'
import { startWorker } from '../harness.ts'

const PLANTED = {
  password: 'pl4nted-pa%24sword',
  decoded: 'pl4nted-pa$sword',
  token: 'pl4nted-t0ken',
  key: 'pl4nted-k3y',
  basic: btoa('me:pl4nted-pa$sword'),
}
const BEARER = 'open sesame'

let worker: Awaited<ReturnType<typeof startWorker>>
let echo: Awaited<ReturnType<typeof startServer>>

beforeAll(async () => {
  // The most talkative dependency there is: it says back all that it was sent, as an error.
  echo = await startServer(({ headers, path, body }, response) =>
    sendJson(response, 400, {
      message: `refused ${path} with ${JSON.stringify(headers)} and ${body}`,
      error: `refused ${path} with ${JSON.stringify(headers)} and ${body}`,
      code: '28P01',
      severity: 'FATAL',
    }),
  )
  const { port } = echo
  const secret = `me:${PLANTED.password}`
  worker = await startWorker('test/hosts/secrets.worker.ts', {
    DATABASE_URL_WELL: `postgres://${secret}@127.0.0.1:${port}/shop`,
    DATABASE_URL_MALFORMED: `postgres://${secret}@127.0.0.1:notaport/shop`,
    REDIS_URL_WELL: `http://${secret}@127.0.0.1:${port}`,
    REDIS_URL_MALFORMED: `htp:/${secret}@127.0.0.1:${port}`,
    REDIS_TOKEN: PLANTED.token,
    HTTP_URL_WELL: `http://${secret}@127.0.0.1:${port}/healthz?key=${PLANTED.key}`,
    HTTP_URL_MALFORMED: `http://${secret}@[::bad/healthz?key=${PLANTED.key}`,
    API_KEY: PLANTED.key,
    ALLCLEAR_TOKEN: BEARER,
  })
})
afterAll(() => Promise.all([worker.close(), echo.close()]))

test('a planted secret appears in no body, header, metric or log, for nobody', async () => {
  const paths = [
    '/readyz',
    '/readyz/http-well',
    '/readyz?only=telling',
    '/startupz',
    '/metrics',
    '/healthz',
    '/nowhere',
  ]
  let seen = ''
  for (const path of paths) {
    for (const headers of [{}, { Authorization: `Bearer ${BEARER}` }, { Authorization: 'Bearer wrong' }]) {
      const response = await worker.fetch(path, { headers })
      seen += JSON.stringify([...response.headers]) + (await response.text())
    }
  }
  seen += JSON.stringify(worker.getLogs())
  for (const secret of [...Object.values(PLANTED), BEARER]) {
    expect(seen).not.toContain(secret)
    expect(seen).not.toContain(encodeURIComponent(secret))
  }
  expect(seen, 'the dependency was really asked, and what it said was really shown').toContain('refused /')
  expect(echo.faults.hits()).toBeGreaterThan(3)
})

test('what is malformed or missing is misconfigured, that one check and not the whole', async () => {
  const response = await worker.fetch('/readyz', { headers: { Authorization: `Bearer ${BEARER}` } })
  const { checks } = (await response.json()) as { checks: Record<string, { detail: string; error?: string }> }
  for (const kind of ['postgres', 'redis', 'http', 'disk']) {
    for (const suffix of ['malformed', 'missing']) {
      expect(checks[`${kind}-${suffix}`], `${kind}-${suffix}`).toMatchObject({
        detail: 'misconfigured',
        breaker: 'closed',
        error: expect.stringMatching(/^url: expected/),
      })
    }
  }
})
