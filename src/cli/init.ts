import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { CONFIG_PLACES } from './config.ts'
import { fault } from './exit.ts'
import type { Io } from './io.ts'
import { folderOf, nextCommands } from './next.ts'
import { configFile, packageFile, workerFile, wranglerFile, wranglerNeeds } from './templates.ts'

export interface InitOptions {
  /** The folder to write to. */
  readonly dir: string
}

interface Draft {
  /** The path to write, then the other paths where such a file may exist already. */
  readonly places: readonly [string, ...string[]]
  readonly text: string
}

const WRANGLER = ['wrangler.toml', 'wrangler.json', 'wrangler.jsonc'] as const
const WORKER = 'src/worker.ts'

/** `allclear init`: writes the files that do not exist yet, and changes no file that does. */
export async function init({ dir }: InitOptions, io: Io): Promise<number> {
  const root = resolve(io.cwd, dir)
  const there = (place: string): boolean => existsSync(join(root, place))
  const name = await nameOf(root)
  const config = CONFIG_PLACES.find(there) ?? 'health.config.ts'
  const definition = await readFile(join(root, config), 'utf8').catch(() => configFile(name))
  const hasInterval = /^(?!\s*\/\/).*\bintervalMs\b/m.test(definition)
  const drafts: readonly Draft[] = [
    ...(folderOf('package.json', root) === undefined
      ? [{ places: ['package.json'] as const, text: packageFile(name) }]
      : []),
    { places: [config], text: definition },
    { places: [...WRANGLER], text: wranglerFile(name, hasInterval) },
    { places: [WORKER], text: workerFile(specifierOf(config)) },
  ]
  const written: string[] = []
  const left: string[] = []
  for (const { places, text } of drafts) {
    const found = places.find(there)
    if (found !== undefined) {
      left.push(found)
      continue
    }
    try {
      await write(join(root, places[0]), text)
    } catch (error) {
      return fault(io, `init: ${places[0]} cannot be written: ${(error as Error).message}`)
    }
    written.push(places[0])
  }
  const commands = await nextCommands({ cwd: io.cwd, root, definition })
  const lines = [
    ...summary(written, left),
    ...(await needs(root, left, hasInterval)),
    `Say in ${config} what to check. Next:`,
    ...commands.map((one) => `  ${one}`),
  ]
  io.stdout.write(lines.map((line) => `${line}\n`).join(''))
  return 0
}

/** Writes a file, and fails if it has been created in the meantime. */
async function write(path: string, text: string): Promise<void> {
  await makeFolder(dirname(path))
  await writeFile(path, text, { flag: 'wx' })
}

/** Node's recursive mkdir never ends below /proc, which answers ENOENT though the parent exists. */
async function makeFolder(path: string): Promise<void> {
  if (existsSync(path)) return
  await makeFolder(dirname(path))
  await mkdir(path)
}

function specifierOf(config: string): string {
  const path = relative(dirname(WORKER), config.replace(/\.ts$/, '')).replaceAll('\\', '/')
  const specifier = path.startsWith('.') ? path : `./${path}`
  return specifier.replace(/\.mts$/, '.mjs')
}

/** The name of the package, or else of the folder, as a valid name of a Worker. */
async function nameOf(root: string): Promise<string> {
  const given = await readFile(join(root, 'package.json'), 'utf8')
    .then((text) => (JSON.parse(text) as { readonly name?: unknown }).name)
    .catch(() => undefined)
  const name = typeof given === 'string' ? given : basename(root)
  return (
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 54) || 'allclear'
  )
}

function summary(written: readonly string[], left: readonly string[]): string[] {
  return [
    ...written.map((place) => `wrote  ${place}`),
    ...left.map((place) => `left   ${place}, which is there already`),
    ...(written.length === 0 ? ['', 'Everything is there already; nothing was written.'] : []),
    '',
  ]
}

/** The lines that a wrangler file of the user's own lacks. */
async function needs(root: string, left: readonly string[], hasInterval: boolean): Promise<string[]> {
  const own = left.find((place) => WRANGLER.some((known) => known === place))
  if (own === undefined || /\bCell\b/.test(await readFile(join(root, own), 'utf8').catch(() => ''))) return []
  return [`${own} needs this, if it has none of it yet:`, '', wranglerNeeds(hasInterval)]
}
