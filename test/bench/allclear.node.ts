import { defineHealth, postgres, redis } from '../../src/index.ts'
import { onNode } from '../../src/node.ts'
import { tell } from './child.ts'

interface Env {
  readonly DATABASE_URL: string
  readonly REDIS_URL: string
  readonly REDIS_TOKEN: string
}

/** The snapshot stays fresh for longer than the measurement takes. */
const health = defineHealth<Env>({
  service: { name: 'shop', version: '0.1.0' },
  ttlMs: 600_000,
  checks: {
    postgres: postgres({ url: (env) => env.DATABASE_URL }),
    // A slow first connection on a busy machine must not make the check degraded.
    redis: redis({ url: (env) => env.REDIS_URL, token: (env) => env.REDIS_TOKEN, degradedAboveMs: 500 }),
  },
})
const { url } = await onNode(health, { port: 0, hostname: '127.0.0.1' })
tell(url)
