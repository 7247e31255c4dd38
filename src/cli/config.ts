import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ConfigError } from '../core/config-error.ts'
import type { Health } from '../core/define.ts'
import { describe } from '../probe/describe.ts'
import type { Secrets } from '../probe/secrets.ts'

export type Loaded = { readonly health: Health<never> } | { readonly errors: readonly string[] }

export interface LoadOptions {
  readonly cwd: string
  /** The path of the config. Default the first of `CONFIG_PLACES` that exists. */
  readonly path: string | undefined
  readonly secrets: Secrets
}

/** The paths at which a config is looked for, in this order. */
export const CONFIG_PLACES: readonly string[] = ['.', 'src'].flatMap((folder) =>
  ['ts', 'mts', 'js', 'mjs'].map((extension) => join(folder, `health.config.${extension}`)),
)

/** Loads the definition, or gives one line for each fault of it. */
export async function loadConfig({ cwd, path, secrets }: LoadOptions): Promise<Loaded> {
  const found = path ?? CONFIG_PLACES.find((place) => existsSync(join(cwd, place)))
  if (found === undefined) {
    return {
      errors: [`no health.config.ts, .mts, .js or .mjs in ${cwd} or its src; allclear init writes one`],
    }
  }
  const file = resolve(cwd, found)
  const name = relative(cwd, file) || '.'
  const errors = (...texts: readonly string[]): Loaded => ({
    errors: texts.map((text) => `${name}: ${text}`),
  })
  const isFile = await stat(file).then(
    (stats) => stats.isFile(),
    () => undefined,
  )
  if (isFile !== true) return errors(isFile === undefined ? 'no such file' : 'this is no file')
  try {
    const value = defaultOf(await importConfig(file))
    if (value === undefined) return errors('it has no default export; expected what defineHealth gives')
    if (!isHealth(value))
      return errors(`default export: expected what defineHealth gives, received ${kindOf(value)}`)
    return { health: value }
  } catch (error) {
    if (isConfigError(error)) return errors(...error.faults.map(({ path, message }) => `${path}: ${message}`))
    return errors(secrets.clean(reason(error, dirname(file))))
  }
}

/**
 * Imports by Node's own loader, which is fast and shares its modules with this process. jiti loads the configs that it
 * refuses: TypeScript before Node 22.18, imports without an extension, an `allclear` that is not installed beside them.
 */
async function importConfig(file: string): Promise<unknown> {
  try {
    return await import(pathToFileURL(file).href)
  } catch (error) {
    if (isConfigError(error)) throw error
  }
  const [{ createJiti }, allclear] = await Promise.all([import('jiti'), import('../index.ts')])
  const jiti = createJiti(file, {
    virtualModules: { allclear },
    interopDefault: false,
    fsCache: cacheFor(file) ?? false,
  })
  return jiti.import(file)
}

/** The folder for compiled code. Other users must not be able to write to it, so it is never in /tmp. */
function cacheFor(file: string): string | undefined {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const modules = join(folder, 'node_modules')
    if (existsSync(modules)) return join(modules, '.cache/allclear')
  }
  return undefined
}

/** Describes an error of the loader or of the config, without the path of the config's folder. */
function reason(error: unknown, folder: string): string {
  const [said = ''] = describe(error).split('\nRequire stack:')
  return said.replaceAll(`${folder}${sep}`, '').replace(/^Error: /, '')
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function defaultOf(module: unknown): unknown {
  return (module as { readonly default?: unknown } | null | undefined)?.default
}

/** Judges by the shape and not by the class, because a config may have loaded its own copy of the module. */
function isConfigError(error: unknown): error is ConfigError {
  return (
    error instanceof Error &&
    error.name === 'ConfigError' &&
    Array.isArray((error as Partial<ConfigError>).faults)
  )
}

function isHealth(value: unknown): value is Health<never> {
  const health = value as Partial<Health<never>> | null
  return (
    typeof health === 'object' &&
    typeof health?.deadlineMs === 'number' &&
    typeof health.checks === 'object' &&
    Object.values(health.checks).every(
      ({ policy, probe }) => typeof policy === 'object' && typeof probe === 'function',
    )
  )
}
