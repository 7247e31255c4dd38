import { onCloudflare } from '../../src/cloudflare.ts'
import { type Check, custom, defineHealth, disk, http, postgres, redis } from '../../src/index.ts'

type Env = Readonly<Record<string, string>>

const value = (name: string) => (env: Env) => env[name] as string
const each = (kind: string, make: (suffix: string) => Check<Env>): Record<string, Check<Env>> =>
  Object.fromEntries(
    ['WELL', 'MALFORMED', 'MISSING'].map((suffix) => [`${kind}-${suffix.toLowerCase()}`, make(suffix)]),
  )

export const { Cell, Prober, worker } = onCloudflare(
  defineHealth<Env>({
    ttlMs: 1,
    checks: {
      ...each('postgres', (suffix) => postgres({ url: value(`DATABASE_URL_${suffix}`) })),
      ...each('redis', (suffix) =>
        redis({ url: value(`REDIS_URL_${suffix}`), token: value('REDIS_TOKEN'), critical: false }),
      ),
      ...each('http', (suffix) =>
        http({
          url: value(`HTTP_URL_${suffix}`),
          headers: { 'X-Api-Key': value('API_KEY'), Authorization: (env) => `Bearer ${env['API_KEY']}` },
          body: { contains: 'never there' },
        }),
      ),
      ...each('disk', (suffix) => disk({ url: value(`HTTP_URL_${suffix}`) })),
      throwing: custom(async ({ env }) => {
        throw new Error(`lost ${env['DATABASE_URL_WELL']} and ${env['API_KEY']}`, {
          cause: { connection: env['DATABASE_URL_WELL'] },
        })
      }),
      telling: custom(async ({ env }) => ({ status: 'degraded', detail: `the key is ${env['API_KEY']}` })),
    },
  }),
)
export default worker
