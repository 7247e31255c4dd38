import { onCloudflare } from '../../src/cloudflare.ts'
import { defineHealth, http } from '../../src/index.ts'

interface Env {
  readonly UPSTREAM: string
}

const check = http<Env>({ url: ({ UPSTREAM }) => `${UPSTREAM}/after/0` })

/** A Worker with fifty checks, which are probed once. */
export const { Cell, Prober, worker } = onCloudflare(
  defineHealth<Env>({
    ttlMs: 600_000,
    checks: Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`check-${index}`, check])),
  }),
)
export default worker
