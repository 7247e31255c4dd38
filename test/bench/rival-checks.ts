import { neon, neonConfig } from '@neondatabase/serverless'
import { Redis } from '@upstash/redis'

/** The two checks as a service without Allclear writes them, with the same drivers, which are made once. */
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
      // This query is cheaper than that of Allclear.
      await sql.query('select 1')
    },
    redis: async () => {
      await client.ping()
    },
  }
}
