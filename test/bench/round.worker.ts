import { onCloudflare } from '../../src/cloudflare.ts'
import { defineHealth, http } from '../../src/index.ts'

interface Env {
  readonly UPSTREAM: string
}

const check = http<Env>({ url: ({ UPSTREAM }) => `${UPSTREAM}/after/100` })

/** A Worker with twenty concurrent checks and a round for every poll. */
export const { Cell, Prober, worker } = onCloudflare(
  defineHealth<Env>({
    ttlMs: 1,
    // The default for so short a `ttlMs` would make answers stale on a slow machine.
    staleAfterMs: 60_000,
    concurrency: 20,
    checks: Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`check-${index}`, check])),
  }),
)
export default worker
