import { NeonDbError, neon, neonConfig } from '@neondatabase/serverless'
import { Redis, errors } from '@upstash/redis/cloudflare'
import { Hono } from 'hono'

/** What a Worker pays before Allclear adds a line: the framework and the two drivers, as src imports them. */
export default { Hono, NeonDbError, Redis, errors, neon, neonConfig }
