import { defineHealth, disk, http, postgres, redis } from './index.ts'

interface Env {
  DATABASE_URL: string
  UPSTASH_REDIS_REST_URL: string
  UPSTASH_REDIS_REST_TOKEN: string
  CATALOG_URL: string
  DISK_URL: string
}

export default defineHealth<Env>({
  service: { name: 'shop', version: '0.1.0' },
  checks: {
    postgres: postgres({ url: (env) => env.DATABASE_URL }),
    redis: redis({
      url: (env) => env.UPSTASH_REDIS_REST_URL,
      token: (env) => env.UPSTASH_REDIS_REST_TOKEN,
      critical: false,
      // Over the internet a first connection alone takes longer than the default of 50 ms.
      degradedAboveMs: 500,
    }),
    catalog: http({ url: (env) => env.CATALOG_URL }),
    disk: disk({ url: (env) => env.DISK_URL, critical: false }),
  },
})
