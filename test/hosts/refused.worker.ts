import { onCloudflare } from '../../src/cloudflare.ts'
import { defineHealth, disk, http, postgres, redis } from '../../src/index.ts'

interface Env {
  readonly DATABASE_URL: string
  readonly REDIS_URL: string
  readonly CATALOG_URL: string
  readonly DISK_URL: string
}

/** One check of each kind that opens a connection. */
export const { Cell, Prober, worker } = onCloudflare(
  defineHealth<Env>({
    checks: {
      postgres: postgres({ url: (env) => env.DATABASE_URL }),
      redis: redis({ url: (env) => env.REDIS_URL, token: () => 'token' }),
      catalog: http({ url: (env) => env.CATALOG_URL }),
      disk: disk({ url: (env) => env.DISK_URL }),
    },
  }),
)
export default worker
