import { onCloudflare } from '../../src/cloudflare.ts'
import { defineHealth, http } from '../../src/index.ts'

/** The smallest Worker that checks something. */
export const { Cell, Prober, worker } = onCloudflare(
  defineHealth({ checks: { catalog: http({ url: 'https://catalog.example.com/healthz' }) } }),
)
export default worker
