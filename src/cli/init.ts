import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { CONFIG_PLACES } from './config.ts'
import { fault } from './exit.ts'
import type { Io } from './io.ts'
import { WRANGLER_NEEDS, configFile, workerFile, wranglerFile } from './templates.ts'

export interface InitOptions {
  /** Where to write. */
  readonly dir: string
}

interface Draft {
  /** Where it is to be, and every other place where its like may be already. The first is the one to write. */
  readonly places: readonly [string, ...string[]]
  readonly text: string
}

const WRANGLER = ['wrangler.toml', 'wrangler.json', 'wrangler.jsonc'] as const
const WORKER = 'src/worker.ts'

/** `allclear init`: writes what is not there yet, and touches nothing that is. */
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

/** Refuses to write over what came to be there in the meantime, too. */
async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text, { flag: 'wx' })
}

function specifierOf(config: string): string {
  const path = relative(dirname(WORKER), config.replace(/\.ts$/, '')).replaceAll('\\', '/')
  const specifier = path.startsWith('.') ? path : `./${path}`
  return specifier.replace(/\.mts$/, '.mjs')
}

/** A name that Workers can have, after the package or else the folder. */
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

/** A wrangler file of the user's own knows nothing of the Durable Object. */
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
