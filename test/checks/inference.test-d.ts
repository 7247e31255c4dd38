import { describe, expectTypeOf, test } from 'vitest'
import { type CheckContext, custom, defineHealth, disk, http, postgres, redis } from '../../src/index.ts'

interface Env {
  readonly DATABASE_URL: string
  readonly REDIS_URL: string
  readonly REDIS_TOKEN: string
  readonly JOBS: { readonly waiting: () => Promise<number> }
}

describe('inside defineHealth<Env>, env is Env', () => {
  test('in every option that is a value of env', () => {
    defineHealth<Env>({
      checks: {
        postgres: postgres({
          url: (env) => {
            expectTypeOf(env).toEqualTypeOf<Env>()
            return env.DATABASE_URL
          },
        }),
        redis: redis({
          url: (env) => env.REDIS_URL,
          token: (env) => {
            expectTypeOf(env).toEqualTypeOf<Env>()
            return env.REDIS_TOKEN
          },
          critical: false,
        }),
        http: http({
          url: 'https://catalog.example.com/healthz',
          headers: {
            accept: 'application/json',
            authorization: (env) => {
              expectTypeOf(env).toEqualTypeOf<Env>()
              return `Bearer ${env.REDIS_TOKEN}`
            },
          },
          status: [200, '3xx'],
          body: { matches: /ok/, json: { path: 'queue.lag', equals: 0 } },
        }),
        disk: disk({
          url: (env) => {
            expectTypeOf(env).toEqualTypeOf<Env>()
            return env.DATABASE_URL
          },
        }),
        own: disk({
          path: (env) => {
            expectTypeOf(env).toEqualTypeOf<Env>()
            return env.DATABASE_URL
          },
        }),
      },
    })
  })

  test('in the context of a custom check, whatever it gives', () => {
    defineHealth<Env>({
      checks: {
        outcome: custom(async ({ env, signal, now }) => {
          expectTypeOf(env).toEqualTypeOf<Env>()
          expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
          expectTypeOf(now()).toEqualTypeOf<number>()
          const waiting = await env.JOBS.waiting()
          if (waiting > 50) return { status: 'degraded', detail: `${waiting} jobs waiting` }
        }),
        status: custom(async ({ env }) => ((await env.JOBS.waiting()) > 50 ? 'degraded' : 'healthy'), {
          critical: false,
        }),
        nothing: custom(async ({ env }) => {
          await env.JOBS.waiting()
        }),
        fixed: custom(async () => 'healthy'),
      },
    })
  })

  test('and a check that was made beforehand fits where it asks for no more', () => {
    const database = postgres({ url: (env: Pick<Env, 'DATABASE_URL'>) => env.DATABASE_URL })
    defineHealth<Env>({ checks: { database, fixed: http({ url: 'https://example.com' }) } })
    // @ts-expect-error -- this env has no DATABASE_URL
    defineHealth<{ OTHER: string }>({ checks: { database } })
  })
})

describe('what the types refuse', () => {
  test('two sources of one check, or none', () => {
    const pool = { query: async () => ({}), totalCount: 0, idleCount: 0, options: { max: 1 } }
    const client = { ping: async () => 'PONG' }
    postgres({ pool })
    redis({ client: () => client })
    // @ts-expect-error -- both
    postgres({ url: 'postgres://u@ep-a.neon.tech/db', pool })
    // @ts-expect-error -- of a connection string
    postgres({ pool, endpoint: 'https://example.com' })
    // @ts-expect-error -- neither
    postgres({})
    // @ts-expect-error -- no pool
    postgres({ pool: client })
    // @ts-expect-error -- both
    redis({ url: 'https://example.com', token: 't', client })
    // @ts-expect-error -- neither
    redis({ critical: false })
    // @ts-expect-error -- no client
    redis({ client: pool })
  })

  test('a key that env lacks', () => {
    // @ts-expect-error -- no such key
    defineHealth<Env>({ checks: { postgres: postgres({ url: (env) => env.DATABASE_URI }) } })
  })

  test('a status that is none', () => {
    // @ts-expect-error -- no such status
    defineHealth<Env>({ checks: { jobs: custom(async () => ({ status: 'fine' })) } })
    // @ts-expect-error -- no such class
    http({ url: 'https://example.com', status: '6xx' })
  })

  test('an option of another kind', () => {
    // @ts-expect-error -- an option of http
    disk({ url: 'https://example.com', method: 'GET' })
  })

  test('a disk that is in two places, or in none', () => {
    // @ts-expect-error -- both
    disk({ url: 'https://example.com', path: '/' })
    // @ts-expect-error -- neither
    disk({ unhealthy: 90 })
    // @ts-expect-error -- of an exporter
    disk({ path: '/', mount: '/' })
  })
})

test('the context may be named', () => {
  const jobs = async ({ env }: CheckContext<Env>): Promise<void> => void (await env.JOBS.waiting())
  defineHealth<Env>({ checks: { jobs: custom(jobs) } })
})
