import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { atExit } from './at-exit.ts'
import type { Bundle } from './bundle.ts'

const COMPATIBILITY_DATE = '2026-10-30'
const WORKERD = createRequire(import.meta.url)('workerd') as {
  readonly default: string
  readonly version: string
}

export const WORKERD_VERSION: string = WORKERD.version

/** A Worker to run. If it exports `Cell`, it gets that Durable Object with storage on disk. */
export interface WorkerSpec extends Bundle {
  readonly name: string
  /** The bindings, all of them texts. */
  readonly bindings: Readonly<Record<string, string>>
}

/** Runs the Workers in one bare workerd, without wrangler and its proxy. Gives the port of each Worker by name. */
export async function startWorkerd(workers: readonly WorkerSpec[]): Promise<ReadonlyMap<string, number>> {
  if (workers.length === 0) return new Map()
  const directory = mkdtempSync(join(tmpdir(), 'allclear-bench-'))
  atExit(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }))
  mkdirSync(join(directory, 'storage'))
  for (const { name, code } of workers) writeFileSync(join(directory, `${name}.js`), code)
  writeFileSync(join(directory, 'config.capnp'), config(workers, join(directory, 'storage')))
  return serve(join(directory, 'config.capnp'), workers.length)
}

function config(workers: readonly WorkerSpec[], storage: string): string {
  const services = [
    // By default a Worker may not connect to this machine, where the dependencies run.
    `(name = "internet", network = (allow = ["private"]))`,
    `(name = "storage", disk = (path = ${JSON.stringify(storage)}, writable = true))`,
    ...workers.map((worker) => `(name = "${worker.name}", worker = ${workerConfig(worker)})`),
  ]
  const sockets = workers.map(
    ({ name }) => `(name = "${name}", address = "127.0.0.1:0", http = (), service = "${name}")`,
  )
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [${services.join(',\n    ')}],
  sockets = [${sockets.join(',\n    ')}],
);
`
}

function workerConfig({ name, exports, bindings }: WorkerSpec): string {
  const hasCell = exports.includes('Cell')
  const bound = [
    ...Object.entries(bindings).map(([key, text]) => `(name = "${key}", text = ${JSON.stringify(text)})`),
    ...(hasCell ? ['(name = "CELL", durableObjectNamespace = "Cell")'] : []),
  ]
  const cell = `
      durableObjectNamespaces = [(className = "Cell", uniqueKey = "${name}", enableSql = true)],
      durableObjectStorage = (localDisk = "storage"),`
  return `(
      modules = [(name = "worker.js", esModule = embed "${name}.js")],
      compatibilityDate = "${COMPATIBILITY_DATE}",
      bindings = [${bound.join(', ')}],${hasCell ? cell : ''}
    )`
}

/** Starts workerd, which picks free ports itself and reports them on a file descriptor. */
async function serve(configPath: string, count: number): Promise<ReadonlyMap<string, number>> {
  const child = spawn(WORKERD.default, ['serve', '--control-fd=3', configPath], {
    // Standard output is reserved for the table.
    stdio: ['ignore', process.stderr, 'inherit', 'pipe'],
  })
  atExit(() => child.kill('SIGKILL'))
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`workerd ended with ${code} before it listened`)))
  })
  return Promise.race([portsIn(child.stdio[3] as Readable, count), failed])
}

async function portsIn(messages: Readable, count: number): Promise<ReadonlyMap<string, number>> {
  const ports = new Map<string, number>()
  for await (const line of createInterface(messages)) {
    if (line === '') continue
    const { event, socket, port } = JSON.parse(line) as { event: string; socket: string; port: number }
    if (event === 'listen') ports.set(socket, port)
    if (ports.size === count) return ports
  }
  throw new Error('workerd told fewer ports than it was to listen on')
}
