import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Received } from './faults.ts'
import { startRedis } from './redis.ts'
import type { Outcome, RedisEngine, Reply } from './redis.ts'
import { sendJson, startServer } from './server.ts'
import type { LocalOptions, LocalServer } from './server.ts'

/** A Redis behind Upstash's REST protocol. */
export interface LocalUpstash extends LocalServer {
  readonly url: string
  readonly token: string
  /** The engine that was started. */
  readonly engine: 'redis-server' | 'memory'
}

export interface UpstashOptions extends LocalOptions {
  /** Default `auto`: redis-server, or memory where that does not start. */
  readonly engine?: 'auto' | 'redis-server' | 'memory' | undefined
  /** Default random. */
  readonly token?: string | undefined
}

/** Starts a Redis with an empty database behind Upstash's REST protocol. */
export async function startUpstash({
  engine = 'auto',
  token = randomUUID(),
  ...options
}: UpstashOptions = {}): Promise<LocalUpstash> {
  const redis = await startRedis(engine)

  async function answer(request: Received, response: ServerResponse): Promise<void> {
    if (request.headers.authorization !== `Bearer ${token}`) {
      return sendJson(response, 401, { error: 'WRONGPASS invalid or missing auth token' })
    }
    const body = await respond(redis, request)
    const failed = !Array.isArray(body) && 'error' in body
    sendJson(response, failed ? 400 : 200, encoded(body, request))
  }

  const server = await startServer(answer, { ...options, wrong: answerPang }).catch(
    async (error: unknown) => {
      await redis.close()
      throw error
    },
  )
  return {
    ...server,
    url: server.origin,
    token,
    engine: redis.name,
    close: async () => {
      await server.close()
      await redis.close()
    },
  }
}

type Body = Outcome | readonly Outcome[]

async function respond(redis: RedisEngine, request: Received): Promise<Body> {
  const path = pathOf(request)
  if (path === '/pipeline' || path === '/multi-exec') {
    const commands = parsed(request.body)
    if (!commands?.every(Array.isArray)) return { error: 'ERR failed to parse pipeline request' }
    const texts = commands.map(asText)
    const refused = texts.map(refusal)
    if (path === '/pipeline') {
      return await Promise.all(
        texts.map(async (command, index) => refused[index] ?? (await redis.run(command))),
      )
    }
    return refused.find(Boolean) ?? (await redis.transact(texts))
  }
  const command = path === '/' ? parsed(request.body) : pathCommand(request)
  if (!command?.length) return { error: 'ERR failed to parse command' }
  const text = asText(command)
  return refusal(text) ?? (await redis.run(text))
}

function pathOf({ path }: Received): string {
  return path.split('?', 1)[0] ?? ''
}

/** The command of a path: `/set/key/value?EX=100`, or `/set/key` with the value as the body of a POST. */
function pathCommand(request: Received): readonly string[] {
  const { pathname, searchParams } = new URL(request.path, 'http://127.0.0.1')
  const words = pathname.slice(1).split('/').map(decodeURIComponent)
  return [...words, ...(request.body ? [request.body] : []), ...[...searchParams].flat().filter(Boolean)]
}

function parsed(body: string): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

function asText(command: readonly unknown[]): readonly string[] {
  return command.map((word) => (typeof word === 'string' ? word : JSON.stringify(word)))
}

/** Commands that block the connection or change its state, because all requests share it. */
const unavailable = new Set(
  `subscribe psubscribe ssubscribe unsubscribe punsubscribe sunsubscribe monitor multi exec discard watch unwatch
  blpop brpop brpoplpush blmove blmpop bzpopmin bzpopmax bzmpop wait select auth hello reset client quit shutdown
  sync psync replicaof slaveof failover debug`.split(/\s+/),
)

function refusal([name = '']: readonly string[]): { readonly error: string } | undefined {
  return unavailable.has(name.toLowerCase())
    ? { error: `ERR Command is not available: '${name}'` }
    : undefined
}

function answerPang(request: Received, response: ServerResponse): void {
  const pang = { result: 'PANG' }
  const batch = pathOf(request) === '/pipeline' || pathOf(request) === '/multi-exec'
  const body = batch ? (parsed(request.body) ?? []).map(() => pang) : pang
  sendJson(response, 200, encoded(body, request))
}

function encoded(body: Body, { headers }: Received): unknown {
  const encoding = headers['upstash-encoding'] === 'base64' ? 'base64' : 'utf8'
  const encode = (reply: Reply): unknown => {
    if (typeof reply === 'string' || reply instanceof Uint8Array) return Buffer.from(reply).toString(encoding)
    return Array.isArray(reply) ? reply.map(encode) : reply
  }
  const one = (outcome: Outcome): unknown =>
    'result' in outcome ? { result: encode(outcome.result) } : outcome
  return isList(body) ? body.map(one) : one(body)
}

function isList(body: Body): body is readonly Outcome[] {
  return Array.isArray(body)
}
