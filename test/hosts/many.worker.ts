import { onCloudflare } from '../../src/cloudflare.ts'
import { defineHealth, http } from '../../src/index.ts'

interface Env {
  readonly TARGET: string
}

const hanging = (index: number) => index % 5 === 0
const names = Array.from({ length: 200 }, (_, index) => `${hanging(index) ? 'hangs' : 'answers'}-${index}`)

export const { Cell, Prober, worker } = onCloudflare(
  defineHealth<Env>({
    regions: ['weur'],
    intervalMs: 4000,
    deadlineMs: 4000,
    ttlMs: 60_000,
    checks: Object.fromEntries(
      names.map((name) => [
        name,
        http({
          url: (env) => `${env.TARGET}/${name}`,
          timeoutMs: 2000,
          critical: name.startsWith('answers'),
        }),
      ]),
    ),
  }),
)
export default worker
