import { custom, defineHealth, disk, http, postgres, redis } from '../../src/index.ts'
import { onCloudflare } from '../../src/cloudflare.ts'

interface Env {
  readonly TARGET: string
}

/** One definition with every kind, for the runtime of Workers under old and new compatibility dates. */
export const { Cell, Prober, worker } = onCloudflare(
  defineHealth<Env>({
    ttlMs: 1,
    checks: {
      http: http({ url: ({ TARGET }) => `${TARGET}/ok` }),
      lost: http({ url: ({ TARGET }) => `${TARGET}/lost` }),
      latin1: http({ url: ({ TARGET }) => `${TARGET}/latin1`, body: { contains: 'é' } }),
      gbk: http({ url: ({ TARGET }) => `${TARGET}/gbk`, body: { contains: '你好' } }),
      utf16: http({ url: ({ TARGET }) => `${TARGET}/utf16`, body: { contains: 'é' } }),
      number: http({
        url: ({ TARGET }) => `${TARGET}/number`,
        body: { json: { path: '$.id', equals: 9007199254740993n } },
      }),
      cookies: http({ url: ({ TARGET }) => `${TARGET}/login`, followRedirects: true }),
      accept: http({ url: ({ TARGET }) => `${TARGET}/accept` }),
      bomb: http({ url: ({ TARGET }) => `${TARGET}/bomb`, body: { contains: 'never' }, critical: false }),
      post: postgres({ url: ({ TARGET }) => `${TARGET.replace('http://', 'postgres://user:pass@')}/db` }),
      redis: redis({ url: ({ TARGET }) => `${TARGET}/redis`, token: 'token', degradedAboveMs: 9999 }),
      redirected: redis({
        url: ({ TARGET }) => `${TARGET}/moved`,
        token: () => 'hush-9f2c',
        critical: false,
      }),
      disk: disk({ url: ({ TARGET }) => `${TARGET}/metrics` }),
      own: custom(async ({ env, fetch }) => {
        const response = await fetch(`${env.TARGET}/moved`, { method: 'POST', body: 'x' })
        return response.status === 307 && response.headers.get('location') !== null ? 'healthy' : 'unhealthy'
      }),
    },
  }),
)
export default worker
