import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Region } from '../core/region.ts'
import { startControl } from './control.ts'
import { startExporter } from './exporter.ts'
import { startNeon } from './neon.ts'
import type { LocalServer } from './server.ts'
import { startService } from './service.ts'
import { startUpstash } from './upstash.ts'

// Read when wrangler is loaded, so it is loaded later: it must not look for the network.
process.env['CLOUDFLARE_CF_FETCH_ENABLED'] = 'false'
process.env['WRANGLER_SEND_METRICS'] = 'false'

export interface DemoOptions {
  /** Where the Worker answers. Default 8787; 0 is any free port. */
  readonly port?: number
  /** Regions to probe from; all are this machine. Default none. */
  readonly regions?: readonly Region[]
}

export interface Demo {
  /** Where the Worker answers: `http://localhost:8787`. */
  readonly url: string
  /** Where dependencies are broken and mended: `POST /NAME/MODE`. */
  readonly control: string
  /** The dependencies, as the Worker's checks are named. */
  readonly dependencies: Readonly<Record<'postgres' | 'redis' | 'catalog' | 'disk', LocalServer>>
  /** Which Redis stands behind Upstash's protocol. */
  readonly redisEngine: string
  readonly close: () => Promise<void>
}

/**
 * Starts all of Allclear on this machine: the deployable Worker in the local runtime, and the far ends of its checks.
 *
 * @throws when the port is taken.
 */
export async function startDemo({ port = 8787, regions = [] }: DemoOptions = {}): Promise<Demo> {
  await assertFree(port)
  const started: { readonly close: () => Promise<void> }[] = []
  const keep = async <T extends { readonly close: () => Promise<void> }>(
    starting: Promise<T>,
  ): Promise<T> => {
    const one = await starting
    started.push(one)
    return one
  }
  const close = async (): Promise<void> => {
    await Promise.all(started.splice(0).map((one) => one.close()))
  }
  try {
    const [postgres, redis, catalog, disk] = await Promise.all([
      keep(startNeon()),
      keep(startUpstash()),
      keep(startService()),
      keep(startExporter()),
    ])
    await postgres.ready()
    const dependencies = { postgres, redis, catalog, disk }
    const faults = Object.entries(dependencies).map(([name, { faults }]) => [name, faults] as const)
    const control = await keep(startControl(Object.fromEntries(faults)))
    const worker = await keep(
      startWorker(port, regions, {
        DATABASE_URL: postgres.url,
        UPSTASH_REDIS_REST_URL: redis.url,
        UPSTASH_REDIS_REST_TOKEN: redis.token,
        CATALOG_URL: `${catalog.origin}/healthz`,
        DISK_URL: disk.url,
        ALLCLEAR_TOKEN: 'demo',
      }),
    )
    return { url: worker.url, control: control.origin, dependencies, redisEngine: redis.engine, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function startWorker(
  port: number,
  regions: readonly Region[],
  secrets: Readonly<Record<string, string>>,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const { unstable_startWorker: start } = await import('wrangler')
  const bindings = Object.entries(secrets).map(
    ([name, value]) => [name, { type: 'plain_text', value }] as const,
  )
  const worker = await start({
    config: join(import.meta.dirname, '../../wrangler.toml'),
    bindings: Object.fromEntries(bindings),
    entrypoint: join(import.meta.dirname, regions.length === 0 ? '../worker.ts' : 'regional.worker.ts'),
    build: { define: { ALLCLEAR_REGIONS: JSON.stringify(regions) } },
    dev: {
      server: { hostname: 'localhost', port },
      // Each start begins anew: no breaker is open from last time.
      persist: false,
      inspector: false,
      watch: false,
      logLevel: 'warn',
    },
  })
  const { origin } = await worker.url
  return { url: origin, close: () => worker.dispose() }
}

async function assertFree(port: number): Promise<void> {
  const server = createServer()
  try {
    await once(server.listen(port, 'localhost'), 'listening')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    throw new Error(
      `port ${port} is taken; end what listens there, or choose another: npm start -- --port 8080`,
    )
  }
  await new Promise((resolve) => server.close(resolve))
}
