import * as v from 'valibot'
import {
  type Check,
  type CheckContext,
  CheckFailure,
  type Outcome,
  type PolicyOptions,
  type Value,
  valueOf,
} from '../core/check.ts'
import { httpUrl, number, text } from '../core/schema.ts'
import { readLines } from './body.ts'
import { parseSample } from './prometheus-text.ts'
import { discard, headersFor, send, targetOf } from './request.ts'

/** The options of `disk`. */
export interface DiskOptions<Env> extends PolicyOptions {
  /** An http(s) URL of Prometheus text as node_exporter writes it. Credentials in it are sent as `Authorization`. */
  readonly url: Value<Env, string>
  /** The mount point, spelt as the exporter spells it. Default `/`. */
  readonly mount?: string
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
 * Checks how full a disk is, as node_exporter tells of it: above a threshold it is `degraded` or `unhealthy` with
 * `disk 91% full`. Used is what unprivileged processes cannot have: `100 × (1 − avail / size)`. Where several
 * filesystems share the mount point, the fullest counts.
 *
 * It never throws. `defineHealth` reports what is wrong with the options; a mount point that is missing, or whose
 * numbers make no sense, is `unhealthy` with `unexpected body`.
 *
 * @example
 * ```ts
 * disk({ url: 'https://db1.example.com/metrics', mount: '/var/lib/postgresql', degraded: 80, critical: false })
 * ```
 */
export function disk<Env = unknown>(options: DiskOptions<Env>): Check<Env> {
  return {
    kind: 'disk',
    options,
    entries: {
      url: httpUrl(),
      mount: v.optional(text()),
      degraded: v.optional(number(0, ceiling(options))),
      unhealthy: v.optional(number(0, 100)),
    },
    probe: (context) => probe(options, context),
  }
}

async function probe<Env>(options: DiskOptions<Env>, context: CheckContext<Env>): Promise<Outcome> {
  const { env, signal } = context
  const { mount = '/', unhealthy = DEFAULT_UNHEALTHY, degraded = Math.min(85, unhealthy) } = options
  const { url, authorization } = targetOf('url', valueOf('url', options.url, env))
  const headers = headersFor({}, authorization, context)
  const response = await send(url, { method: 'GET', headers, signal })
  if (response.status !== 200) {
    discard(response)
    throw new CheckFailure(`http ${response.status}`, `answered with status ${response.status}`)
  }
  const percent = await usedPercent(response, mount, signal)
  const observed = { value: percent, unit: 'percent' }
  // Rounded down, so that the words never claim a threshold that was not passed.
  const detail = `disk ${Math.floor(percent)}% full`
  if (percent > unhealthy) return { status: 'unhealthy', detail, observed }
  if (percent > degraded) return { status: 'degraded', detail, observed }
  return { status: 'healthy', observed }
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
