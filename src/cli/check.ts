import { CheckFailure } from '../core/check.ts'
import type { Health, HealthCheck } from '../core/define.ts'
import { select } from '../core/report.ts'
import { nodeMachine } from '../drivers/machine.ts'
import { jsonReport } from '../formats/json.ts'
import { poller } from '../poll/poller.ts'
import { secretsIn } from '../probe/secrets.ts'
import { memory } from '../stores/memory.ts'
import { loadConfig } from './config.ts'
import { withEnvFile } from './env-file.ts'
import { INTERRUPTED, complain, fault } from './exit.ts'
import { type Io, orAborted } from './io.ts'
import { type Looker, type ShowOptions, repeat } from './repeat.ts'
import { duration } from './table.ts'

export interface CheckOptions extends ShowOptions {
  /** The path of the config. Default the first of `CONFIG_PLACES` that exists. */
  readonly config: string | undefined
  /** The path of a file with variables that the environment lacks. Default none. */
  readonly envFile: string | undefined
  /** The checks to run. Default all. */
  readonly only: readonly string[] | undefined
}

type Checks = Health<never>['checks']

/** `allclear check`: runs the checks of every endpoint in this process and shows their results. */
export async function check(options: CheckOptions, io: Io): Promise<number> {
  if (options.envFile === undefined) return checkIn(io, options)
  const extended = await orAborted(io.signal, withEnvFile(options.envFile, io))
  if (extended === undefined) return INTERRUPTED
  return 'error' in extended ? fault(io, extended.error) : checkIn({ ...io, env: extended.env }, options)
}

async function checkIn(io: Io, options: CheckOptions): Promise<number> {
  const { cwd, env, signal } = io
  const loading = loadConfig({ cwd, path: options.config, secrets: secretsIn(env) })
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

/** Makes the first fetch of the process, which loads much code, so that its time is in no check's duration. */
async function warmUp({ fetch }: Io): Promise<void> {
  await fetch(new URL('data:,'), {}).catch(() => {})
}

/** Drops `failAfter` and `recoverAfter`, because a single run has no further results to wait for. */
function undamped([name, check]: readonly [string, HealthCheck<never>]): [string, HealthCheck<never>] {
  return [name, { ...check, policy: { ...check.policy, failAfter: 1, recoverAfter: 1 } }]
}

function looker(health: Health<never>, io: Io): Looker {
  const { clock, env } = io
  const name = [health.service.name, health.service.version].filter(Boolean).join(' ')
  const store = memory(health, clock.now)
  return async (say) => {
    const started = clock.elapsed()
    const poll = poller(
      { ...health, checks: announced(health.checks, say) },
      {
        clock,
        cells: [{ storeOf: () => store }],
        newId: () => 'cli',
        warn: (message) => complain(io, message),
        machine: nodeMachine,
        state: 'local',
      },
    )
    // No snapshot is fresh with a ttl of 0, so each look runs a round.
    const full = await poll(env, { waitUntil: () => {}, ttlMs: 0 })
    // All checks count here, not only those of readiness.
    const report = jsonReport(select(full, () => true))
    return { report, name, when: `checked in ${duration(clock.elapsed() - started)}` }
  }
}

/** Wraps the checks so that each announces when it begins and ends. */
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
          throw check.hasOwnWords ? error : asOurs(error)
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
 * Converts a failure to the class of this module. A config may have loaded another copy of the module, as under a CLI
 * that is installed globally, and the public detail of its failures would be lost.
 */
function asOurs(error: unknown): unknown {
  const foreign = error as Partial<CheckFailure> | null | undefined
  if (error instanceof CheckFailure || foreign?.name !== 'CheckFailure') return error
  return new CheckFailure(String(foreign.detail), String(foreign.message), { cause: foreign.cause })
}
