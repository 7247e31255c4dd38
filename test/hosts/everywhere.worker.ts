import { onCloudflare } from '../../src/cloudflare.ts'
import { health } from './everywhere.health.ts'

export const { Cell, Prober, worker } = onCloudflare(health)
export default worker
