import { readFile, statfs } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { loadavg, uptime } from 'node:os'
import { parse } from 'node:path'
import type { Received } from './faults.ts'
import { startServer } from './server.ts'
import type { LocalOptions, LocalServer } from './server.ts'

/** This machine's disk in the metrics of Prometheus's node_exporter. */
export interface LocalExporter extends LocalServer {
  /** `http://127.0.0.1:PORT/metrics` */
  readonly url: string
  /** Reports this percentage (0 to 100) instead of the real one. `undefined` restores the real one. */
  readonly setUsedPercent: (percent: number | undefined, mountpoint?: string) => void
}

export async function startExporter(options: LocalOptions = {}): Promise<LocalExporter> {
  const pretended = new Map<string, number>()

  async function answer({ path }: Received, response: ServerResponse): Promise<void> {
    if (path !== '/metrics') return void response.writeHead(404).end('404 page not found\n')
    send(response, [...filesystemFamilies(await filesystems(pretended)), ...otherFamilies()])
  }

  const server = await startServer(answer, {
    ...options,
    wrong: (_, response) => send(response, otherFamilies()),
  })
  return {
    ...server,
    url: `${server.origin}/metrics`,
    setUsedPercent: (percent, mountpoint = '/') => {
      if (percent === undefined) pretended.delete(mountpoint)
      else pretended.set(mountpoint, percent)
    },
  }
}

interface Filesystem {
  readonly labels: Readonly<Record<'device' | 'fstype' | 'mountpoint', string>>
  readonly size: number
  readonly free: number
  readonly available: number
}

async function filesystems(pretended: ReadonlyMap<string, number>): Promise<readonly Filesystem[]> {
  const root = await rootFilesystem()
  const others = [...pretended.keys()].filter((mountpoint) => mountpoint !== '/')
  const all = [root, ...others.map((mountpoint) => ({ ...root, labels: { ...root.labels, mountpoint } }))]
  return all.map((filesystem) => usedTo(filesystem, pretended.get(filesystem.labels.mountpoint)))
}

async function rootFilesystem(): Promise<Filesystem> {
  const { bsize, blocks, bfree, bavail } = await statfs(parse(process.cwd()).root)
  const [device, fstype] = await rootMount()
  const labels = { device, fstype, mountpoint: '/' }
  return { labels, size: blocks * bsize, free: bfree * bsize, available: bavail * bsize }
}

async function rootMount(): Promise<readonly [device: string, fstype: string]> {
  if (process.platform === 'win32') return ['C:', 'ntfs']
  const mounts = await readFile('/proc/self/mounts', 'utf8').catch(() => '/dev/disk1s1 / apfs')
  const [, device = '', fstype = ''] = /^(\S+) \/ (\S+)/m.exec(mounts) ?? []
  return [device, fstype]
}

/** Sets `free` and `available` to the same value, so that both usual formulas give this percentage. */
function usedTo(filesystem: Filesystem, percent: number | undefined): Filesystem {
  if (percent === undefined) return filesystem
  const hundredth = Math.floor(filesystem.size / 100)
  const free = Math.round(hundredth * (100 - percent))
  return { ...filesystem, size: hundredth * 100, free, available: free }
}

function filesystemFamilies(all: readonly Filesystem[]): readonly string[] {
  const gauge = (name: string, help: string, value: (filesystem: Filesystem) => number): string =>
    family(
      `node_filesystem_${name}`,
      help,
      all.map((one) => [labelled(one.labels), value(one)] as const),
    )
  return [
    gauge('avail_bytes', 'Filesystem space available to non-root users in bytes.', (one) => one.available),
    gauge('free_bytes', 'Filesystem free space in bytes.', (one) => one.free),
    gauge('readonly', 'Filesystem read-only status.', () => 0),
    gauge('size_bytes', 'Filesystem size in bytes.', (one) => one.size),
  ]
}

function otherFamilies(): readonly string[] {
  const [load1 = 0, load5 = 0] = loadavg()
  const now = Date.now() / 1000
  return [
    family('node_boot_time_seconds', 'Node boot time, in unixtime.', [['', Math.round(now - uptime())]]),
    family('node_load1', '1m load average.', [['', load1]]),
    family('node_load5', '5m load average.', [['', load5]]),
    family('node_time_seconds', 'System time in seconds since epoch (1970).', [['', now]]),
  ]
}

function family(
  name: string,
  help: string,
  samples: readonly (readonly [labels: string, value: number])[],
): string {
  const lines = samples.map(([labels, value]) => `${name}${labels} ${goFloat(value)}\n`)
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join('')}`
}

function labelled(labels: Readonly<Record<string, string>>): string {
  const escaped = (value: string): string =>
    value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
  return `{${Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',')}}`
}

/** Formats a float64 as Go does, and so as real exporters do: `5.26315008e+10` from a million on. */
function goFloat(value: number): string {
  if (value !== 0 && (Math.abs(value) >= 1e6 || Math.abs(value) < 1e-4)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
  }
  return String(value)
}

function send(response: ServerResponse, families: readonly string[]): void {
  response
    .writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
    .end(families.join(''))
}
