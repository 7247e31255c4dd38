import { onCloudflare } from './cloudflare.ts'
import health from './health.config.ts'

export const { Cell, worker } = onCloudflare(health)
export default worker
