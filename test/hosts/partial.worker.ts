import { onCloudflare } from '../../src/cloudflare.ts'
import { custom, defineHealth } from '../../src/index.ts'
/** Its deadline is shorter than the timeouts, so the check that hangs lives to the end of the round. */
export const { Cell, Prober, worker } = onCloudflare(
  defineHealth({
    regions: ['weur', 'enam', 'apac'],
    deadlineMs: 2000,
    checks: { quick: custom(async () => 'healthy'), deaf: custom(() => new Promise(() => {})) },
  }),
)
export default worker
