/** A package.json for a folder that has none, so that npm installs there and Node takes its files for ES modules. */
export function packageFile(name: string): string {
  return `${JSON.stringify({ name, private: true, type: 'module' }, null, 2)}\n`
}

/** A first definition: one check that runs as it stands, and the others as comments. */
export function configFile(name: string): string {
  return `import { defineHealth, http } from 'allclear'

// The checks read these: secrets of the Worker, or variables of the process.
interface Env {
  CATALOG_URL?: string
}

export default defineHealth<Env>({
  service: { name: '${name}' },
  // Check what this service connects to, and nothing behind that. Secrets come from env, never from this file:
  //   postgres: postgres({ url: (env) => env.DATABASE_URL }),
  //   redis: redis({ url: (env) => env.UPSTASH_REDIS_REST_URL, token: (env) => env.UPSTASH_REDIS_REST_TOKEN }),
  checks: {
    catalog: http({ url: (env) => env.CATALOG_URL ?? 'https://example.com', critical: false }),
  },
})
`
}

/** A Worker that hosts the definition, which it imports by this specifier. */
export function workerFile(config: string): string {
  return `import { onCloudflare } from 'allclear/cloudflare'
import health from '${config}'

export const { Cell, Prober, worker } = onCloudflare(health)
export type Cell = InstanceType<typeof Cell>
export default worker
`
}

const DURABLE_OBJECT = `[exports.Cell]
type = "durable-object"
storage = "sqlite"

[[durable_objects.bindings]]
name = "CELL"
class_name = "Cell"
`

const TRIGGER = `[triggers]
crons = ["* * * * *"]
`

/** The part of a wrangler.toml beside name, main and compatibility_date. */
export function wranglerNeeds(hasInterval: boolean): string {
  return hasInterval
    ? `${DURABLE_OBJECT}
# Revives a region whose background rounds were lost.
${TRIGGER}`
    : `${DURABLE_OBJECT}
# Only with an \`intervalMs\` in the definition: revives a region whose background rounds were lost.
${TRIGGER.replace(/^(?=.)/gm, '# ')}`
}

export function wranglerFile(name: string, hasInterval: boolean): string {
  return `name = "${name}"
main = "src/worker.ts"
compatibility_date = "2026-10-30"
# Without this flag a request to a host of the Worker's own zone can answer 522.
compatibility_flags = ["global_fetch_strictly_public"]

# Secrets never go into this file: npx wrangler secret put ALLCLEAR_TOKEN

${wranglerNeeds(hasInterval)}`
}
