import * as v from 'valibot'
import {
  type Check,
  type CheckContext,
  CheckFailure,
  MISCONFIGURED,
  type Outcome,
  type PolicyOptions,
  type Value,
  valueOf,
} from '../core/check.ts'
import { httpUrl, number, text, value } from '../core/schema.ts'
import { readLines } from './body.ts'
import { parseSample } from './prometheus-text.ts'
import { discard, headersFor, send, targetOf } from './request.ts'

/** The options of `disk`: either `url` or `path`. */
export type DiskOptions<Env> = ExporterDiskOptions<Env> | OwnDiskOptions<Env>

/** The disk of a machine that has an exporter. */
export interface ExporterDiskOptions<Env> extends DiskThresholds {
  /** An http(s) URL of Prometheus text as node_exporter writes it. Credentials in it are sent as `Authorization`. */
  readonly url: Value<Env, string>
  /** The mount point, spelt as the exporter spells it. Default `/`. */
  readonly mount?: string
  readonly path?: never
}

/** A disk of the machine that the check itself runs on: on Node and Lambda, where there is one. */
export interface OwnDiskOptions<Env> extends DiskThresholds {
  /** A path on the disk: that of any of its directories or files. */
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

/** node_exporter with every collector on writes a tenth of it. */
const MAX_BYTES = 4 * 1024 * 1024
const DEFAULT_UNHEALTHY = 95
const SIZE = 'node_filesystem_size_bytes'
const AVAILABLE = 'node_filesystem_avail_bytes'

/**
 * Checks how full a disk is: above a threshold it is `degraded` or `unhealthy` with `disk 91% full`. Used is what
 * unprivileged processes cannot have: `100 × (1 − avail / size)`.
 *
 * With `url` it is a disk that node_exporter tells of. Where several filesystems share the mount point, the fullest
 * counts; a mount point that is missing, or whose numbers make no sense, is `unhealthy` with `unexpected body`.
 *
 * With `path` it is a disk of the machine that the check runs on, with no exporter. Workers have none: there it is
 * `unhealthy` with `misconfigured`, as with a path that `env` lacks.
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
      ...placeEntries(options),
      degraded: v.optional(number(0, ceiling(options))),
      unhealthy: v.optional(number(0, 100)),
    },
    probe: (context) => probe(options, context),
  }
}

/** Where the disk is: with an exporter or here, and never both. */
function placeEntries<Env>(options: DiskOptions<Env>): v.ObjectEntries {
  if (isOwn(options)) {
    return {
      path: value(),
      url: v.optional(refused('expected either url or path, received both')),
      mount: v.optional(refused('expected none beside path, which says itself which disk is meant')),
    }
  }
  const isMissing = (options as Partial<DiskOptions<Env>> | undefined)?.url === undefined
  return {
    // With a default, so that it is judged although it is missing.
    url: isMissing ? v.optional(refused('expected either url or path, received neither'), '') : httpUrl(),
    path: v.optional(value()),
    mount: v.optional(text()),
  }
}

function refused(message: string): v.GenericSchema {
  return v.custom(() => false, message)
}

function isOwn<Env>(options: DiskOptions<Env>): options is OwnDiskOptions<Env> {
  return (options as Partial<DiskOptions<Env>> | undefined)?.path !== undefined
}

async function probe<Env>(options: DiskOptions<Env>, context: CheckContext<Env>): Promise<Outcome> {
  const { unhealthy = DEFAULT_UNHEALTHY, degraded = Math.min(85, unhealthy) } = options
  const percent = await (isOwn(options) ? ownPercent(options, context) : exportedPercent(options, context))
  const observed = { value: percent, unit: 'percent' }
  // Rounded down, so that the words never claim a threshold that was not passed.
  const detail = `disk ${Math.floor(percent)}% full`
  if (percent > unhealthy) return { status: 'unhealthy', detail, observed }
  if (percent > degraded) return { status: 'degraded', detail, observed }
  return { status: 'healthy', observed }
}

async function ownPercent<Env>(
  options: OwnDiskOptions<Env>,
  { env, diskUsage }: CheckContext<Env>,
): Promise<number> {
  const path = valueOf('path', options.path, env)
  if (diskUsage === undefined) {
    throw new CheckFailure(
      MISCONFIGURED,
      'path: there is no disk where this runs; give the url of an exporter',
    )
  }
  const { size, available } = await diskUsage(path)
  const percent = usedOf(size, available)
  if (Number.isFinite(percent)) return percent
  throw new CheckFailure('error', `no size and free space of ${JSON.stringify(path)}`)
}

async function exportedPercent<Env>(
  options: ExporterDiskOptions<Env>,
  context: CheckContext<Env>,
): Promise<number> {
  const { env, signal } = context
  const { url, authorization } = targetOf('url', valueOf('url', options.url, env))
  const headers = headersFor({}, authorization, context)
  const response = await send(url, { method: 'GET', headers, signal })
  if (response.status !== 200) {
    discard(response)
    throw new CheckFailure(`http ${response.status}`, `answered with status ${response.status}`)
  }
  return usedPercent(response, options.mount ?? '/', signal)
}

/** Of the fullest filesystem on the mount point: so all of the text has to be read. */
async function usedPercent(response: Response, mount: string, signal: AbortSignal): Promise<number> {
  const sizes = new Map<string, number>()
  const available = new Map<string, number>()
  for await (const lines of readLines(response, { maxBytes: MAX_BYTES, signal })) {
    for (const line of lines) {
      // Thousands of lines tell of other things, and time on the processor is dear.
      const sample = line.includes('node_filesystem_') ? parseSample(line) : undefined
      if (sample?.labels.get('mountpoint') !== mount) continue
      const filesystem = JSON.stringify([...sample.labels].sort(([a], [b]) => (a < b ? -1 : 1)))
      if (sample.name === SIZE) sizes.set(filesystem, sample.value)
      if (sample.name === AVAILABLE) available.set(filesystem, sample.value)
    }
  }
  const filesystems = [...new Set([...sizes.keys(), ...available.keys()])]
  const percents = filesystems.map((one) => usedOf(sizes.get(one) ?? NaN, available.get(one) ?? NaN))
  const fullest = Math.max(...percents)
  // With no filesystem that is -Infinity, and with one that makes no sense NaN.
  if (Number.isFinite(fullest)) return fullest
  throw new CheckFailure(
    'unexpected body',
    `no size and free space of the mount point ${JSON.stringify(mount)}`,
  )
}

function usedOf(size: number, available: number): number {
  if (!Number.isFinite(size) || !Number.isFinite(available) || size <= 0 || available > size) return NaN
  // Whole numbers until the division: 70 of 100 free must not come to 30.000000000000004 % used. What is kept for
  // the superuser can make `available` negative on some systems.
  return Math.min(100, (100 * (size - available)) / size)
}

/** What `degraded` may be at most. */
function ceiling(options: DiskOptions<never> | undefined): number {
  const unhealthy: unknown = options?.unhealthy ?? DEFAULT_UNHEALTHY
  return typeof unhealthy === 'number' && unhealthy >= 0 && unhealthy <= 100 ? unhealthy : 100
}
