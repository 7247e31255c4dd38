import { request as ask } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, vi } from 'vitest'
import { onFetch } from '../../src/fetch.ts'
import { onLambda } from '../../src/lambda.ts'
import { type LocalServer, sendJson, startServer } from '../../src/local/server.ts'
import { onNode } from '../../src/node.ts'
import { memory } from '../../src/stores/memory.ts'
import { startWorker } from '../harness.ts'
import { type Env, health } from './everywhere.health.ts'
import { type Answered, type Ask, type Asked, everywhereSuite } from './everywhere.suite.ts'
import { EVENTS } from './lambda-events.ts'

let target: LocalServer
let worker: Awaited<ReturnType<typeof startWorker>>
let node: Awaited<ReturnType<typeof onNode>>
const hosts: Record<string, Ask> = {}

async function startTarget(): Promise<LocalServer> {
  return startServer(({ path }, response) => {
    if (path === '/ok') sendJson(response, 200, { queue: { lag: 3 } })
    if (path === '/broken') sendJson(response, 502, {})
  })
}

/** As it is on the wire, where fetch would refuse some of it and rewrite some. */
async function overHttp(origin: string, { method, path, headers }: Asked): Promise<Answered> {
  const { pathname, search } = new URL(`${origin}${path}`)
  const { promise, resolve, reject } = Promise.withResolvers<Answered>()
  const asked = ask(origin, { method, path: pathname + search, headers }, (response) => {
    text(response).then(
      (body) =>
        resolve({
          status: response.statusCode ?? 0,
          headers: new Headers(response.headers as Record<string, string>),
          body,
        }),
      reject,
    )
  })
  asked.on('error', reject).end()
  return promise
}

function overLambda(eventOf: (asked: Asked) => object | undefined): Ask {
  const handler = onLambda(health, { store: memory(health, Date.now) })
  return async (asked) => {
    const event = eventOf(asked)
    if (event === undefined) return undefined
    const { statusCode, body, isBase64Encoded, headers, multiValueHeaders = {} } = await handler(event)
    if (isBase64Encoded) throw new Error('the body is not text')
    const joined = Object.entries(multiValueHeaders).map(([name, values]) => [name, values.join(', ')])
    return { status: statusCode, headers: new Headers(headers ?? Object.fromEntries(joined)), body }
  }
}

beforeAll(async () => {
  target = await startTarget()
  const env = {
    TARGET: target.origin,
    ALLCLEAR_TOKEN: 'open sesame',
  }
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  worker = await startWorker('test/hosts/everywhere.worker.ts', env)
  node = await onNode(health, { port: 0, hostname: '127.0.0.1' })
  const { fetch } = onFetch(health, { env: env as Partial<Env> as Env })
  hosts['Workers'] = (asked) => overHttp(worker.url.origin, asked)
  hosts['Node'] = (asked) => overHttp(node.url, asked)
  hosts['fetch'] = async ({ method, path, headers }) => {
    const response = await fetch(new Request(new URL(`http://localhost${path}`), { method, headers }))
    return { status: response.status, headers: response.headers, body: await response.text() }
  }
  for (const [kind, eventOf] of Object.entries(EVENTS)) hosts[`Lambda: ${kind}`] = overLambda(eventOf)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await Promise.all([worker.close(), node.close(), target.close()])
})

everywhereSuite(() => hosts)
