import health from '../src/health.config.ts'
import { onNode, upstash } from '../src/node.ts'

const { PORT = '8080', UPSTASH_REDIS_REST_URL: redis, UPSTASH_REDIS_REST_TOKEN: token } = process.env
// Where there is a Redis, all replicas share their state.
const store = redis && token ? { store: upstash(health, { url: redis, token }) } : {}

try {
  const { url } = await onNode(health, { port: Number(PORT), ...store })
  console.log(`allclear: listening on ${url}`)
} catch (error) {
  console.error(`allclear: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
