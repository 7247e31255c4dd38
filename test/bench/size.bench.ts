import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { atExit } from './at-exit.ts'
import type { Bench } from './bench.ts'
import { measureSizes } from './size.ts'

export const size: Bench = {
  name: 'size',
  workers: [],
  measure: async () => {
    const sizes = await measureSizes()
    return [
      ...sizes.map(({ name, total, own, most }) => ({
        name: `Worker with ${name}, of it neither Hono nor a driver`,
        value: own / 1000,
        unit: 'kB',
        goal: { atMost: most / 1000 },
        note: `${(total / 1000).toFixed(2)} kB in all; minified, gzip`,
      })),
      {
        name: 'the deployable Worker, as `wrangler deploy` uploads it',
        value: await uploadSize(),
        unit: 'kB',
        goal: { atMost: 130 },
        note: 'by its --dry-run',
      },
    ]
  },
}

async function uploadSize(): Promise<number> {
  const root = join(import.meta.dirname, '../..')
  const running = promisify(execFile)(
    process.execPath,
    [join(root, 'node_modules/wrangler/bin/wrangler.js'), 'deploy', '--dry-run'],
    {
      cwd: root,
      env: { ...process.env, CLOUDFLARE_CF_FETCH_ENABLED: 'false', WRANGLER_SEND_METRICS: 'false' },
    },
  )
  atExit(() => running.child.kill())
  const { stdout } = await running
  const kib = /gzip: ([\d.]+) KiB/.exec(stdout)?.[1]
  if (kib === undefined) throw new Error(`wrangler told no size: ${stdout}`)
  return Number(kib) * 1.024
}
