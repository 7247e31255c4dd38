import { onCloudflare } from '../../src/cloudflare.ts'
import { defineHealth, http } from '../../src/index.ts'

interface Env {
  readonly UPSTREAM: string
}

const check = http<Env>({ url: ({ UPSTREAM }) => `${UPSTREAM}/after/100` })

/** Twenty checks at once, and a round for every poll. */
export const { Cell, Prober, worker } = onCloudflare(
  defineHealth<Env>({
    ttlMs: 1,
    // By default so short a `ttlMs` would have the answer itself called stale, where the machine is slow.
    staleAfterMs: 60_000,
    concurrency: 20,
    checks: Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`check-${index}`, check])),
  }),
)
export default worker
