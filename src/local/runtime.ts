import { join } from 'node:path'
import { build } from 'esbuild'
import { Log, LogLevel, Miniflare } from 'miniflare'

const ROOT = join(import.meta.dirname, '../..')
const NAME = 'allclear'

/** The settings of wrangler.toml that change how a Worker runs. A test compares the two. */
export const COMPATIBILITY = {
  compatibilityDate: '2026-10-30',
  compatibilityFlags: ['global_fetch_strictly_public'],
} as const

/** The port and the environment of a Worker. */
export interface RuntimeOptions {
  /** Default 0: any free port. */
  readonly port?: number | undefined
  /** The texts that the Worker reads from `env`. Default none. */
  readonly bindings?: Readonly<Record<string, string>> | undefined
  /** Names that the bundler replaces, each with its expression. Default none. */
  readonly define?: Readonly<Record<string, string>> | undefined
}

/** A Worker in workerd, the runtime that Cloudflare runs it in. */
export interface LocalRuntime {
  /** `http://localhost:PORT` */
  readonly origin: string
  /** Ends workerd, and with it the storage of the Durable Objects. */
  readonly close: () => Promise<void>
}

/**
 * Bundles a Worker and runs it on this machine. Its `Cell` is a Durable Object, bound as `CELL`.
 * The Worker opens its connections itself, so it sees the network's own errors.
 *
 * @param entry The Worker's module, relative to the repository.
 */
export async function startRuntime(
  entry: string,
  { port = 0, bindings = {}, define = {} }: RuntimeOptions = {},
): Promise<LocalRuntime> {
  const code = await bundle(entry, define)
  const texts = Object.entries(bindings).map(([name, value]) => [name, { type: 'text', value }] as const)
  const runtime = new Miniflare({
    host: 'localhost',
    port,
    log: new Log(LogLevel.WARN),
    // By default Miniflare downloads a `request.cf` and lists the Worker in a registry in the home directory.
    cf: false,
    enableDevRegistry: false,
    workers: [
      {
        config: {
          name: NAME,
          compatibilityDate: COMPATIBILITY.compatibilityDate,
          compatibilityFlags: [...COMPATIBILITY.compatibilityFlags],
          manifest: { mainModule: 'worker.js', modules: { 'worker.js': { type: 'esm', contents: code } } },
          env: {
            ...Object.fromEntries(texts),
            CELL: { type: 'durable-object', worker: NAME, exportName: 'Cell' },
          },
          exports: { Cell: { type: 'durable-object', storage: 'sqlite' } },
        },
      },
    ],
  })
  try {
    const { origin } = await runtime.ready
    return { origin, close: () => runtime.dispose() }
  } catch (error) {
    await runtime.dispose()
    throw error
  }
}

/** Bundles a Worker into one ES module, with the package conditions that wrangler uses. */
async function bundle(entry: string, define: Readonly<Record<string, string>>): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    define: { 'process.env.NODE_ENV': '"production"', ...define },
    // Errors in the terminal name the source files.
    sourcemap: 'inline',
    logLevel: 'silent',
  })
  const [file] = outputFiles
  if (file === undefined) throw new Error(`esbuild made no bundle of ${entry}`)
  return file.text
}
