import { onCloudflare } from './cloudflare.ts'
import health from './health.config.ts'

export const { Cell, Prober, worker } = onCloudflare(health)
export default worker
