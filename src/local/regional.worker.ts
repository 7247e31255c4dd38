import { onCloudflare } from '../cloudflare.ts'
import type { Region } from '../core/region.ts'
import health from '../health.config.ts'

/** Put here by `npm start -- --regions`. */
declare const ALLCLEAR_REGIONS: readonly Region[]

/** The deployable Worker with regions, and rounds in the background. */
export const { Cell, Prober, worker } = onCloudflare({
  ...health,
  regions: ALLCLEAR_REGIONS,
  intervalMs: 15_000,
  staleAfterMs: 45_000,
})
export default worker
