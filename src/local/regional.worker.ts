import { onCloudflare } from '../cloudflare.ts'
import health from '../health.config.ts'
import type { Region } from '../index.ts'

/** The regions of `npm start -- --regions`, set by the bundler. */
declare const ALLCLEAR_REGIONS: readonly Region[]

/** The deployable Worker with regions and background rounds. */
export const { Cell, Prober, worker } = onCloudflare({
  ...health,
  regions: ALLCLEAR_REGIONS,
  intervalMs: 15_000,
  staleAfterMs: 45_000,
})
export default worker
