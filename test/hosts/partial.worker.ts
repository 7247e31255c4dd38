import { onCloudflare } from '../../src/cloudflare.ts'
import { custom, defineHealth } from '../../src/index.ts'
/** A round ends before this timeout, so that its results come home, and the check that hangs lives to its end. */
export const { Cell, Prober, worker } = onCloudflare(
  defineHealth({
    regions: ['weur', 'enam', 'apac'],
    deadlineMs: 2000,
    checks: {
      quick: custom(async () => 'healthy'),
      deaf: custom(() => new Promise(() => {}), { timeoutMs: 1999 }),
    },
  }),
)
export default worker
