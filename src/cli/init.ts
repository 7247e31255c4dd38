import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { CONFIG_PLACES } from './config.ts'
import { fault } from './exit.ts'
import type { Io } from './io.ts'
import { WRANGLER_NEEDS, configFile, workerFile, wranglerFile } from './templates.ts'

export interface InitOptions {
  /** The folder to write to. */
  readonly dir: string
}

interface Draft {
  /** The path to write, then the other paths at which such a file may exist already. */
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
  const drafts: readonly Draft[] = [
    { places: [config], text: configFile(name) },
    { places: [...WRANGLER], text: wranglerFile(name) },
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
  io.stdout.write(summary(written, left, config))
  return 0
}

/** Writes a file, and fails if it has been created in the meantime. */
async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text, { flag: 'wx' })
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

function summary(written: readonly string[], left: readonly string[], config: string): string {
  const lines = [
    ...written.map((place) => `wrote  ${place}`),
    ...left.map((place) => `left   ${place}, which is there already`),
  ]
  if (written.length === 0)
    return [...lines, '', 'Everything is there already; nothing was written.', ''].join('\n')
  return [...lines, '', ...needs(left), ...next(config), ''].join('\n')
}

/** The lines that a wrangler file of the user's own may lack. */
function needs(left: readonly string[]): string[] {
  const own = left.find((place) => WRANGLER.some((known) => known === place))
  return own === undefined ? [] : [`${own} needs this, if it has none of it yet:`, '', WRANGLER_NEEDS]
}

function next(config: string): string[] {
  return [
    'Next:',
    '  npm install allclear',
    `  say in ${config} what to check`,
    '  npx allclear check',
    '  npx wrangler secret put ALLCLEAR_TOKEN',
    '  npx wrangler deploy',
  ]
}
