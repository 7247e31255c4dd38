import { CheckFailure } from '../core/check.ts'
import type { Health, HealthCheck } from '../core/define.ts'
import { report, select } from '../core/report.ts'
import { json } from '../formats/json.ts'
import { diskUsage } from '../probe/disk-usage.ts'
import { redactor } from '../probe/redact.ts'
import { runRound } from '../probe/round.ts'
import { memory } from '../stores/memory.ts'
import type { Store } from '../stores/store.ts'
import { loadConfig } from './config.ts'
import { INTERRUPTED, fault } from './exit.ts'
import { type Io, orAborted } from './io.ts'
import { type Looker, type ShowOptions, repeat } from './repeat.ts'
import { duration } from './table.ts'

export interface CheckOptions extends ShowOptions {
  /** Where the config is. Default where configs are. */
  readonly config: string | undefined
  /** The checks to run. Default all. */
  readonly only: readonly string[] | undefined
}

type Checks = Health<never>['checks']

/** `allclear check`: runs the checks from here, whatever endpoints they count for, and shows what they found. */
export async function check(options: CheckOptions, io: Io): Promise<number> {
  const { cwd, env, signal } = io
  const loading = loadConfig({ cwd, path: options.config, redact: redactor(env) })
  const [loaded] = (await orAborted(signal, Promise.all([loading, warmUp(io)]))) ?? []
  if (loaded === undefined) return INTERRUPTED
  if ('errors' in loaded) return fault(io, ...loaded.errors)
  const { health } = loaded
  const names = options.only ?? Object.keys(health.checks)
  const unknown = names.find((name) => !Object.hasOwn(health.checks, name))
  if (unknown !== undefined) {
    const known = Object.keys(health.checks).join(', ')
    return fault(io, `--only: no check is named ${JSON.stringify(unknown)}; known: ${known}`)
  }
  const chosen = Object.entries(health.checks).filter(([name]) => names.includes(name))
  const checks = Object.fromEntries(options.watch ? chosen : chosen.map(undamped))
  return repeat(looker({ ...health, checks, regions: [] }, io), options, io)
}

/** The first fetch of a process loads half of what it is made of, which no check's duration is to show. */
async function warmUp({ fetch }: Io): Promise<void> {
  await fetch(new URL('data:,'), {}).catch(() => {})
}

/** One run has no row of results to wait for: what it finds counts. */
function undamped([name, check]: readonly [string, HealthCheck<never>]): [string, HealthCheck<never>] {
  return [name, { ...check, policy: { ...check.policy, failAfter: 1, recoverAfter: 1 } }]
}

function looker(health: Health<never>, io: Io): Looker {
  const { elapsed } = io.clock
  const name = [health.service.name, health.service.version].filter(Boolean).join(' ')
  const store = memory(health, io.clock.now)
  return async (say) => {
    const started = elapsed()
    const reading = await round({ ...health, checks: announced(health.checks, say) }, store, io)
    // Not only those that count for readiness.
    const full = select(report(health, reading, 'local'), () => true)
    return { report: json(full, true), name, when: `checked in ${duration(elapsed() - started)}` }
  }
}

async function round(health: Health<never>, store: Store, { env, clock }: Io): ReturnType<Store['complete']> {
  const begun = await store.begin('cli', { ttlMs: 0 })
  if (begun.kind !== 'lease') throw new Error('the cell of one process gave no lease')
  const names = begun.lease.checks
  const results = await runRound(health, { names, env, clock, budgetMs: health.deadlineMs, diskUsage })
  return store.complete(begun.lease, results)
}

/** The same checks, which tell when they begin and end. */
function announced(checks: Checks, say: (text: string) => void): Checks {
  const waiting = new Set<string>()
  let ended = 0
  const tell = (): void => {
    const total = Object.keys(checks).length
    say(`${ended} of ${total} checked${waiting.size > 0 ? `, waiting for ${[...waiting].join(', ')}` : ''}`)
  }
  const announce = ([name, check]: [string, HealthCheck<never>]): [string, HealthCheck<never>] => [
    name,
    {
      ...check,
      probe: async (context) => {
        waiting.add(name)
        tell()
        try {
          return await check.probe(context)
        } catch (error) {
          throw ours(error, check.kind)
        } finally {
          waiting.delete(name)
          ended += 1
          tell()
        }
      },
    },
  ]
  return Object.fromEntries(Object.entries(checks).map(announce))
}

/**
 * A config may have loaded another copy of the module, as under a CLI that is installed for the whole machine. Its
 * checks throw that copy's failures, whose public word would be lost here.
 */
function ours(error: unknown, kind: string): unknown {
  const foreign = error as Partial<CheckFailure> | null | undefined
  if (error instanceof CheckFailure || kind === 'custom' || foreign?.name !== 'CheckFailure') return error
  return new CheckFailure(String(foreign.detail), String(foreign.message), { cause: foreign.cause })
}
