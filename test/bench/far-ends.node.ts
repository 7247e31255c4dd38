import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startNeon } from '../../src/local/neon.ts'
import { startUpstash } from '../../src/local/upstash.ts'
import { tell } from './child.ts'

/** The message of this process: the environment of the checks, and the URL that counts their requests. */
export interface FarEnds {
  readonly env: Readonly<Record<'DATABASE_URL' | 'REDIS_URL' | 'REDIS_TOKEN', string>>
  readonly hitsAt: string
}

const [postgres, redis] = await Promise.all([startNeon(), startUpstash()])
await postgres.ready()
const server = createServer((_, response) => {
  response.end(String(postgres.faults.hits() + redis.faults.hits()))
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const env = { DATABASE_URL: postgres.url, REDIS_URL: redis.url, REDIS_TOKEN: redis.token }
tell({ env, hitsAt: `http://127.0.0.1:${(server.address() as AddressInfo).port}` } satisfies FarEnds)
