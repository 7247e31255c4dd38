import { onCloudflare } from './cloudflare.ts'
import health from './health.config.ts'

export const { Cell, Prober, worker } = onCloudflare(health)
export type Cell = InstanceType<typeof Cell>
export default worker
