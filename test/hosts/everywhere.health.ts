import { type Health, custom, defineHealth, http } from '../../src/index.ts'
import { hello } from './hello.ts'

/** The environment of checks that end in every possible way. */
export interface Env {
  /** Answers at `/ok`, fails at `/broken`, and never answers at `/hangs`. */
  readonly TARGET: string
  readonly ABSENT: string
  readonly ALLCLEAR_TOKEN: string
}

/**
 * One definition for all hosts; one round of it lasts for all the requests of a test. No check loses its connection:
 * wrangler's test harness, through which a Worker's requests go, makes a 500 of that.
 */
export const health: Health<Env> = defineHealth<Env>({
  service: { name: 'shop', version: '1.4.2' },
  ttlMs: 600_000,
  metricsPrefix: 'shop',
  plugins: [hello()],
  checks: {
    good: custom(async () => {}, { tags: ['data'] }),
    jobs: custom(
      async () => ({
        status: 'degraded',
        detail: '91 jobs wait — “now”',
        observed: { value: 91, unit: 'jobs' },
      }),
      { critical: false, tags: ['data', 'edge'] },
    ),
    throws: custom(
      async () => {
        throw new Error('no answer of 10.0.0.7')
      },
      { critical: false },
    ),
    catalog: http({ url: ({ TARGET }) => `${TARGET}/ok`, body: { json: { path: 'queue.lag', equals: 3 } } }),
    broken: http({ url: ({ TARGET }) => `${TARGET}/broken`, tags: ['edge'] }),
    wrong: http({ url: ({ TARGET }) => `${TARGET}/ok`, body: { contains: 'never there' }, critical: false }),
    hangs: http({ url: ({ TARGET }) => `${TARGET}/hangs`, timeoutMs: 300, critical: false }),
    absent: http({ url: ({ ABSENT }) => ABSENT, critical: false }),
    tripped: http({ url: ({ TARGET }) => `${TARGET}/broken`, breaker: { failures: 1 }, critical: false }),
    warmup: custom(async () => 'unhealthy', { probes: ['startup'] }),
  },
})
