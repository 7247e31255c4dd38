import * as v from 'valibot'
import type { Check, CheckContext, Outcome, Policy, PolicyOptions, Value } from './check.ts'
import { ConfigError, type ConfigFault } from './config-error.ts'
import type { Plugin } from './plugin.ts'
import { pluginFaults } from './plugin-faults.ts'
import { POLICY_ENTRIES, resolvePolicy } from './policy.ts'
import { REGIONS, type Region } from './region.ts'
import {
  anything,
  atLeast,
  either,
  faultsIn,
  isRecord,
  listOf,
  oneOf,
  options,
  text,
  value,
  wholeAtLeast,
} from './schema.ts'
import type { Status } from './status.ts'

/** The checked service, as reports and metrics name it. */
export interface Service {
  /** Default `allclear`. */
  readonly name: string
  readonly version?: string
  readonly description?: string
}

/** How many regions must agree. */
export type Quorum = 'majority' | 'any' | 'all' | number

/** The options of `defineHealth`. */
export interface HealthOptions<Env> {
  /** Default `{ name: 'allclear' }`. */
  readonly service?: Service
  /** At least one check, by name: a letter, then up to 62 letters, digits, `_` or `-`. */
  readonly checks: Readonly<Record<string, Check<Env>>>
  /** How long a snapshot counts as fresh, in milliseconds: within it no poll causes a probe. Default 5000. */
  readonly ttlMs?: number
  /** The longest that any poll waits, in milliseconds. What has not finished by then is `unknown`. Default 8000, since monitors and scrapers give up at ten seconds. */
  readonly deadlineMs?: number
  /**
   * For so long past `ttlMs`, in milliseconds, a poll is answered at once with the last report while the round runs
   * behind it. Default 0. Not on Lambda, which freezes after the answer.
   */
  readonly staleWhileRevalidateMs?: number
  /** Probes at once in one invocation. Default 6, which is what Workers allow. */
  readonly concurrency?: number
  /** Location hints, one cell for each. Default one cell, named `auto`, where the polls are. */
  readonly regions?: readonly Region[]
  /** How many regions must agree. Default `majority`. */
  readonly quorum?: Quorum
  /** Probe in the background this often, in milliseconds, with no poll needed. Default off. */
  readonly intervalMs?: number
  /** Past this age, in milliseconds, a snapshot proves nothing. Default 3 × the larger of `ttlMs` and `intervalMs`, and at least `deadlineMs`. */
  readonly staleAfterMs?: number
  /** First word of every metric. Default `app`. */
  readonly metricsPrefix?: string
  /** Bearer token that opens private detail. Default `env.ALLCLEAR_TOKEN`; with neither, nothing opens it. */
  readonly token?: Value<Env, string>
  /** Further formats and paths. Default none. */
  readonly plugins?: readonly Plugin<Env>[]
}

/** A check of a validated definition. */
export interface HealthCheck<Env> {
  readonly kind: string
  readonly policy: Policy
  readonly hasOwnWords: boolean
  readonly probe: (context: CheckContext<Env>) => Promise<Outcome | Status | void>
}

/** A validated definition, every default filled in: what the hosts take. */
export interface Health<Env> {
  readonly service: Service
  readonly checks: Readonly<Record<string, HealthCheck<Env>>>
  readonly ttlMs: number
  readonly deadlineMs: number
  readonly staleWhileRevalidateMs: number
  readonly concurrency: number
  readonly regions: readonly Region[]
  readonly quorum: Quorum
  readonly intervalMs: number | undefined
  readonly staleAfterMs: number
  readonly metricsPrefix: string
  readonly token: Value<Env, string | undefined>
  readonly plugins: readonly Plugin<Env>[]
}

/** The name of a service that was given none. */
export const UNNAMED = 'allclear'
const DEADLINE_MS = 8000
const CHECK_NAME = /^[a-zA-Z][a-zA-Z0-9_-]{0,62}$/

const HEALTH = options({
  service: v.optional(
    options({ name: text(), version: v.optional(text()), description: v.optional(text()) }),
  ),
  checks: anything(
    (input) => isRecord(input) && Object.keys(input).length > 0,
    'an object with at least one check',
  ),
  ttlMs: v.optional(atLeast(1)),
  deadlineMs: v.optional(atLeast(1)),
  staleWhileRevalidateMs: v.optional(atLeast(0)),
  concurrency: v.optional(wholeAtLeast(1)),
  regions: v.optional(listOf(oneOf(REGIONS))),
  quorum: v.optional(
    either((input) => (typeof input === 'number' ? wholeAtLeast(1) : oneOf(['majority', 'any', 'all']))),
  ),
  intervalMs: v.optional(atLeast(1000)),
  staleAfterMs: v.optional(atLeast(1)),
  metricsPrefix: v.optional(
    text(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'a metric name: letters, digits and _, no digit first'),
  ),
  token: v.optional(value()),
  // Judged by pluginFaults, which knows more of a plugin than a schema can say.
  plugins: v.optional(anything(() => true, 'plugins')),
})

/**
 * Defines what healthy means: the checks, and how their results become one answer.
 *
 * Everything is validated here and now. Give the result to a host: `onCloudflare(health)`.
 *
 * @throws {ConfigError} listing every fault with its path.
 * @example
 * ```ts
 * export default defineHealth<Env>({
 *   service: { name: 'shop', version: '1.4.2' },
 *   checks: { postgres: postgres({ url: (env) => env.DATABASE_URL }) },
 * })
 * ```
 */
export function defineHealth<Env = unknown>(definition: HealthOptions<Env>): Health<Env> {
  const faults = [
    ...faultsIn(HEALTH, definition, []),
    ...checkFaults(definition),
    ...pluginFaults((definition as HealthOptions<Env> | undefined)?.plugins),
    ...crossFaults(definition),
  ]
  if (faults.length > 0) throw new ConfigError(faults)
  const { ttlMs = 5000, deadlineMs = DEADLINE_MS, intervalMs } = definition
  return {
    service: definition.service ?? { name: UNNAMED },
    checks: mapValues(definition.checks, ({ kind, options, defaults, hasOwnWords = false, probe }) => ({
      kind,
      policy: resolvePolicy({ ...defaults, ...withoutUndefined(options) }, deadlineMs),
      hasOwnWords,
      probe,
    })),
    ttlMs,
    deadlineMs,
    staleWhileRevalidateMs: definition.staleWhileRevalidateMs ?? 0,
    concurrency: definition.concurrency ?? 6,
    regions: definition.regions ?? [],
    quorum: definition.quorum ?? 'majority',
    intervalMs,
    staleAfterMs: definition.staleAfterMs ?? Math.max(3 * ttlMs, 3 * (intervalMs ?? 0), deadlineMs),
    metricsPrefix: definition.metricsPrefix ?? 'app',
    token: definition.token ?? tokenOfEnv,
    plugins: definition.plugins ?? [],
  }
}

function tokenOfEnv(env: unknown): string | undefined {
  return (env as { ALLCLEAR_TOKEN?: string } | undefined)?.ALLCLEAR_TOKEN
}

function checkFaults(definition: HealthOptions<never>): ConfigFault[] {
  const checks: unknown = (definition as Partial<HealthOptions<never>> | undefined)?.checks
  if (!isRecord(checks)) return []
  return Object.entries(checks).flatMap(([name, check]) => {
    const path = `checks.${name}`
    const naming = CHECK_NAME.test(name)
      ? []
      : [{ path, message: `a check name matches ${CHECK_NAME.source}` }]
    if (!isCheck(check)) {
      return [...naming, { path, message: 'expected a check, such as http({ url }) gives' }]
    }
    const schema = options({ ...POLICY_ENTRIES, ...check.entries })
    const faults = faultsIn(schema, check.options, ['checks', name])
    return [...naming, ...(faults.length > 0 ? faults : policyFaults(path, check, definition.deadlineMs))]
  })
}

function isCheck(input: unknown): input is Check<never> {
  const check = input as Partial<Check<never>> | null | undefined
  return typeof check?.kind === 'string' && typeof check.probe === 'function'
}

/** Faults that two options of a check make together, or one with the deadline of the whole. */
function policyFaults(
  path: string,
  { defaults, options: given }: Check<never>,
  deadlineMs: number = DEADLINE_MS,
): ConfigFault[] {
  const { timeoutMs = 0, failAfter = 1, breaker } = { ...defaults, ...withoutUndefined(given) }
  const failures = (breaker || undefined)?.failures
  const faults: ConfigFault[] = []
  if (deadlineMs >= 1 && timeoutMs >= deadlineMs) {
    const message = `expected less than deadlineMs, ${deadlineMs}, received ${timeoutMs}; what the deadline cuts off is unknown, and opens no breaker`
    faults.push({ path: `${path}.timeoutMs`, message })
  }
  if (failures !== undefined && failAfter > failures) {
    const message = `expected at most breaker.failures, ${failures}, received ${failAfter}; the breaker would open first`
    faults.push({ path: `${path}.failAfter`, message })
  }
  return faults
}

/** Faults that two options of the whole make together. */
function crossFaults(definition: HealthOptions<never>): ConfigFault[] {
  const { regions, quorum, ...times } = (definition ?? {}) as typeof definition
  const { ttlMs = 5000, deadlineMs = DEADLINE_MS, intervalMs, staleAfterMs } = times
  const faults: ConfigFault[] = []
  if (Array.isArray(regions)) {
    if (regions.length === 0) faults.push({ path: 'regions', message: 'expected at least one region' })
    const twice = regions.find((region, index) => regions.indexOf(region) !== index)
    if (typeof twice === 'string') faults.push({ path: 'regions', message: `${twice} stands there twice` })
  }
  const most = Array.isArray(regions) ? regions.length : 1
  if (typeof quorum === 'number' && quorum > most) {
    const message = `expected at most the number of regions, ${most}, received ${quorum}`
    faults.push({ path: 'quorum', message })
  }
  if (typeof intervalMs === 'number' && intervalMs >= 1000 && intervalMs < deadlineMs) {
    const message = `expected at least deadlineMs, ${deadlineMs}, received ${intervalMs}`
    faults.push({ path: 'intervalMs', message })
  }
  if (typeof staleAfterMs === 'number' && staleAfterMs >= 1 && staleAfterMs < ttlMs) {
    faults.push({
      path: 'staleAfterMs',
      message: `expected at least ttlMs, ${ttlMs}, received ${staleAfterMs}`,
    })
  }
  return faults
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]))
}

function withoutUndefined(given: PolicyOptions): PolicyOptions {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}
