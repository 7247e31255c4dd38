import { neon, neonConfig } from '@neondatabase/serverless'
import { Redis } from '@upstash/redis'

/** The two checks as a service writes them for itself, through the same drivers, made once and kept. */
export interface RivalChecks {
  readonly postgres: () => Promise<void>
  readonly redis: () => Promise<void>
}

export function rivalChecks(): RivalChecks {
  const { DATABASE_URL = '', REDIS_URL = '', REDIS_TOKEN = '' } = process.env
  neonConfig.fetchEndpoint = (host, port) => `http://${host}:${port}/sql`
  const sql = neon(DATABASE_URL)
  const client = new Redis({ url: REDIS_URL, token: REDIS_TOKEN, enableTelemetry: false })
  return {
    postgres: async () => {
      // Cheaper than what Allclear asks.
      await sql.query('select 1')
    },
    redis: async () => {
      await client.ping()
    },
  }
}
