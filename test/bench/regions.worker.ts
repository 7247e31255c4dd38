import { onCloudflare } from '../../src/cloudflare.ts'
import { defineHealth, http } from '../../src/index.ts'

interface Env {
  readonly UPSTREAM: string
}

const url = ({ UPSTREAM }: Env): string => `${UPSTREAM}/after/0`

/** A Worker with the checks of readyz.worker.ts in three regions. */
export const { Cell, Prober, worker } = onCloudflare(
  defineHealth<Env>({
    service: { name: 'shop', version: '0.1.0' },
    regions: ['weur', 'enam', 'apac'],
    ttlMs: 600_000,
    checks: {
      postgres: http({ url }),
      redis: http({ url, critical: false, degradedAboveMs: 500 }),
      catalog: http({ url }),
      disk: http({ url, critical: false }),
    },
  }),
)
export default worker
