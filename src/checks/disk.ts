import * as v from 'valibot'
import {
  type Check,
  type CheckContext,
  CheckFailure,
  MISCONFIGURED,
  type Outcome,
  type PolicyOptions,
  type Reply,
  type Value,
} from '../core/check.ts'
import { httpUrl, never, number, text, value } from '../core/schema.ts'
import { readLines } from '../drivers/body.ts'
import { send, wrongStatus } from '../drivers/fetch.ts'
import { parseSample } from './prometheus-text.ts'
import { headersFor, targetOf } from './request.ts'

/** The options of `disk`: either `url` or `path`. */
export type DiskOptions<Env> = ExporterDiskOptions<Env> | OwnDiskOptions<Env>

/** A disk of a machine that has an exporter. */
export interface ExporterDiskOptions<Env> extends DiskThresholds {
  /** An http(s) URL of Prometheus text as node_exporter writes it. Credentials in it are sent as `Authorization`. */
  readonly url: Value<Env, string>
  /** The mount point, spelt as the exporter spells it. Default `/`. */
  readonly mount?: string
  readonly path?: never
}

/** A disk of the machine that the check itself runs on: Node and Lambda have one. */
export interface OwnDiskOptions<Env> extends DiskThresholds {
  /** The path of any file or directory on the disk. */
  readonly path: Value<Env, string>
  readonly url?: never
  readonly mount?: never
}

interface DiskThresholds extends PolicyOptions {
  /** Above this many percent used it is `degraded`. Default 85, or `unhealthy` where that is less. */
  readonly degraded?: number
  /** Above this many percent used it is `unhealthy`. Default 95. */
  readonly unhealthy?: number
}

/** node_exporter with every collector on writes a tenth of this. */
const MAX_BYTES = 4 * 1024 * 1024
const DEFAULT_UNHEALTHY = 95
const SIZE = 'node_filesystem_size_bytes'
const AVAILABLE = 'node_filesystem_avail_bytes'

/**
 * Checks how full a disk is: above a threshold it is `degraded` or `unhealthy` with `disk 91% full`. All that
 * unprivileged processes cannot have counts as used: `100 × (1 − avail / size)`.
 *
 * With `url` the disk is one that node_exporter reports. Where several filesystems share the mount point, the fullest
 * counts; a mount point that is missing, or whose numbers make no sense, is `unhealthy` with `unexpected body`.
 *
 * With `path` the disk is one of the machine that the check runs on. Workers have none: there it is `unhealthy` with
 * `misconfigured`, as with a path that `env` lacks.
 *
 * It never throws. `defineHealth` reports what is wrong with the options.
 *
 * @example
 * ```ts
 * disk({ url: 'https://db1.example.com/metrics', mount: '/var/lib/postgresql', degraded: 80, critical: false })
 * disk({ path: '/tmp', unhealthy: 90 })
 * ```
 */
export function disk<Env = unknown>(options: DiskOptions<Env>): Check<Env> {
  return {
    kind: 'disk',
    options,
    entries: {
      ...sourceEntries(options),
      degraded: v.optional(number(0, maxDegraded(options))),
      unhealthy: v.optional(number(0, 100)),
    },
    probe: (context) => probe(options, context),
  }
}

/** The schemas of `url`, `mount` and `path`, of which some exclude each other. */
function sourceEntries<Env>(options: DiskOptions<Env>): v.ObjectEntries {
  if (isOwnDisk(options)) {
    return {
      path: value(),
      url: v.optional(never('expected either url or path, received both')),
      mount: v.optional(never('expected none beside path, which says itself which disk is meant')),
    }
  }
  const isMissing = (options as Partial<DiskOptions<Env>> | undefined)?.url === undefined
  return {
    // valibot judges a missing option only if it has a default.
    url: isMissing ? v.optional(never('expected either url or path, received neither'), '') : httpUrl(),
    path: v.optional(value()),
    mount: v.optional(text()),
  }
}

function isOwnDisk<Env>(options: DiskOptions<Env>): options is OwnDiskOptions<Env> {
  return (options as Partial<DiskOptions<Env>> | undefined)?.path !== undefined
}

async function probe<Env>(options: DiskOptions<Env>, context: CheckContext<Env>): Promise<Outcome> {
  const { unhealthy = DEFAULT_UNHEALTHY, degraded = Math.min(85, unhealthy) } = options
  const percent = await (isOwnDisk(options)
    ? ownPercent(options, context)
    : exportedPercent(options, context))
  if (percent === undefined) {
    return {
      status: 'unknown',
      detail: 'not run yet',
      error: 'lost disks keep the threads that ask for disks',
    }
  }
  const observed = { value: percent, unit: 'percent' }
  // Rounded down, so that the detail never shows a threshold that was not passed.
  const detail = `disk ${Math.floor(percent)}% full`
  if (percent > unhealthy) return { status: 'unhealthy', detail, observed }
  if (percent > degraded) return { status: 'degraded', detail, observed }
  return { status: 'healthy', observed }
}

async function ownPercent<Env>(
  options: OwnDiskOptions<Env>,
  { text, machine: { diskUsage } }: CheckContext<Env>,
): Promise<number | undefined> {
  const path = text('path', options.path)
  if (diskUsage === undefined) {
    throw new CheckFailure(
      MISCONFIGURED,
      'path: there is no disk where this runs; give the url of an exporter',
    )
  }
  const usage = await diskUsage(path)
  if (usage === undefined) return undefined
  const { size, available } = usage
  const percent = usedPercent(size, available)
  if (Number.isFinite(percent)) return percent
  throw new CheckFailure('error', `no size and free space of ${JSON.stringify(path)}`)
}

async function exportedPercent<Env>(
  { url: given, mount = '/' }: ExporterDiskOptions<Env>,
  context: CheckContext<Env>,
): Promise<number> {
  const { signal, machine } = context
  const { url, authorization } = targetOf('url', given, context)
  const response = await send(url.href, {
    method: 'GET',
    headers: headersFor({}, authorization, context),
    signal,
    send: machine.send,
  })
  if (response.status !== 200) throw wrongStatus(response)
  return fullestPercent(response, mount, signal)
}

/** Reads the whole text, as several filesystems may share the mount point, and the fullest counts. */
async function fullestPercent(response: Reply, mount: string, signal: AbortSignal): Promise<number> {
  const sizes = new Map<string, number>()
  const available = new Map<string, number>()
  for await (const lines of readLines(response, { maxBytes: MAX_BYTES, signal })) {
    for (const line of lines) {
      // Most of the thousands of lines are about something else, and parsing costs CPU time.
      const sample = line.includes('node_filesystem_') ? parseSample(line) : undefined
      if (sample?.labels.get('mountpoint') !== mount) continue
      const filesystem = JSON.stringify([...sample.labels].sort(([a], [b]) => (a < b ? -1 : 1)))
      if (sample.name === SIZE) sizes.set(filesystem, sample.value)
      if (sample.name === AVAILABLE) available.set(filesystem, sample.value)
    }
  }
  const filesystems = [...new Set([...sizes.keys(), ...available.keys()])]
  const percents = filesystems.map((one) => usedPercent(sizes.get(one) ?? NaN, available.get(one) ?? NaN))
  const fullest = Math.max(...percents)
  // It is -Infinity with no filesystem, and NaN with one whose numbers make no sense.
  if (Number.isFinite(fullest)) return fullest
  throw new CheckFailure(
    'unexpected body',
    `no size and free space of the mount point ${JSON.stringify(mount)}`,
  )
}

function usedPercent(size: number, available: number): number {
  if (!Number.isFinite(size) || !Number.isFinite(available) || size <= 0 || available > size) return NaN
  // Whole numbers until the division: 70 of 100 free must not become 30.000000000000004 % used. The superuser's
  // reserve makes `available` negative on some systems.
  return Math.min(100, (100 * (size - available)) / size)
}

/** The highest value that `degraded` may have. */
function maxDegraded(options: DiskOptions<never> | undefined): number {
  const unhealthy: unknown = options?.unhealthy ?? DEFAULT_UNHEALTHY
  return typeof unhealthy === 'number' && unhealthy >= 0 && unhealthy <= 100 ? unhealthy : 100
}
