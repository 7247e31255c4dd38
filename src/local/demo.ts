import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Region } from '../index.ts'
import { startControl } from './control.ts'
import { startExporter } from './exporter.ts'
import { startNeon } from './neon.ts'
import { startRuntime } from './runtime.ts'
import type { LocalServer } from './server.ts'
import { startService } from './service.ts'
import { startUpstash } from './upstash.ts'

/** The ports and the regions of the demo. */
export interface DemoOptions {
  /** The port of the Worker. Default 8787; 0 is any free port. */
  readonly port?: number
  /** The port of the control server. Default 8788; 0 is any free port. */
  readonly controlPort?: number
  /** The regions that the Worker probes from. All of them are this machine. Default none. */
  readonly regions?: readonly Region[]
}

/** A running demo. */
export interface Demo {
  /** The origin of the Worker: `http://localhost:8787`. */
  readonly url: string
  /** The origin of the control server: `http://127.0.0.1:8788`. */
  readonly control: string
  /** The dependencies, by the names of the Worker's checks. */
  readonly dependencies: Readonly<Record<'postgres' | 'redis' | 'catalog' | 'disk', LocalServer>>
  /** The name of the Redis behind Upstash's protocol. */
  readonly redisEngine: string
  /** Ends the Worker and the dependencies. */
  readonly close: () => Promise<void>
}

interface Closable {
  readonly close: () => Promise<void>
}

/**
 * Starts the deployable Worker in the local runtime, and the dependencies that it checks.
 *
 * @throws if a port is taken.
 */
export async function startDemo({
  port = 8787,
  controlPort = 8788,
  regions = [],
}: DemoOptions = {}): Promise<Demo> {
  await assertFree({ port, host: 'localhost', instead: '--port 8080' })
  await assertFree({ port: controlPort, host: '127.0.0.1', instead: '--control-port 8081' })
  const started: Promise<Closable>[] = []
  const keep = <T extends Closable>(starting: Promise<T>): Promise<T> => {
    started.push(starting)
    return starting
  }
  const close = async (): Promise<void> => {
    const settled = await Promise.allSettled(started.splice(0))
    await Promise.all(settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value.close()] : [])))
  }
  try {
    const [postgres, redis, catalog, disk] = await Promise.all([
      keep(startNeon()),
      keep(startUpstash()),
      keep(startService()),
      keep(startExporter()),
    ])
    const dependencies = { postgres, redis, catalog, disk }
    const faults = Object.entries(dependencies).map(([name, { faults }]) => [name, faults] as const)
    const [control, worker] = await Promise.all([
      keep(startControl(Object.fromEntries(faults), controlPort)),
      keep(
        startRuntime(regions.length === 0 ? 'src/worker.ts' : 'src/local/regional.worker.ts', {
          port,
          bindings: {
            DATABASE_URL: postgres.url,
            UPSTASH_REDIS_REST_URL: redis.url,
            UPSTASH_REDIS_REST_TOKEN: redis.token,
            CATALOG_URL: catalog.url,
            DISK_URL: disk.url,
            ALLCLEAR_TOKEN: 'demo',
          },
          define: { ALLCLEAR_REGIONS: JSON.stringify(regions) },
        }),
      ),
      // Postgres takes longest to boot, so the others start meanwhile.
      postgres.ready(),
    ])
    return { url: worker.origin, control: control.origin, dependencies, redisEngine: redis.engine, close }
  } catch (error) {
    await close()
    throw error
  }
}

interface Place {
  readonly port: number
  readonly host: string
  /** The option that chooses another port. */
  readonly instead: string
}

async function assertFree({ port, host, instead }: Place): Promise<void> {
  const server = createServer()
  try {
    await once(server.listen(port, host), 'listening')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    throw new Error(
      `port ${port} is taken; end what listens there, or choose another: npm start -- ${instead}`,
    )
  }
  await new Promise((resolve) => server.close(resolve))
}
