import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { parseEnv } from 'node:util'
import { version } from './version.ts'

/** A project after `init` has written to it. */
export interface Project {
  readonly cwd: string
  /** The folder with the files of `init`. */
  readonly root: string
  /** The text of the definition. */
  readonly definition: string
}

const VARS = '.dev.vars'
const TOKEN = 'ALLCLEAR_TOKEN'
/** The variables that a first definition reads, with values that work. */
const EXAMPLES: Readonly<Record<string, string>> = {
  CATALOG_URL: 'https://example.com',
  [TOKEN]: 'a-token-of-mine',
}

/** The nearest folder, from `root` upwards, that has this file. */
export function folderOf(name: string, root: string): string | undefined {
  if (existsSync(join(root, name))) return root
  return dirname(root) === root ? undefined : folderOf(name, dirname(root))
}

/** The commands from the files of `init` to a deployed Worker, in the order in which they are run. */
export async function nextCommands({ cwd, root, definition }: Project): Promise<string[]> {
  const names = [...variablesOf(definition), TOKEN]
  const [type, given, ignored] = await Promise.all([typeOf(root), read(root, VARS), read(root, '.gitignore')])
  const missing = names.filter((name) => !Object.hasOwn(parseEnv(given), name))
  const isIgnored = /^\/?\.dev\.vars/m.test(ignored)
  const assignments = missing.map((name) => `${name}=${EXAMPLES[name] ?? '...'}`)
  return [
    ...(root === cwd ? [] : [`cd ${quoted(relative(cwd, root))}`]),
    ...(type === 'module' ? [] : [`npm pkg set type=module           # if no .js file of yours is CommonJS`]),
    ...(folderOf('node_modules/allclear', root) === undefined ? await installation() : []),
    'npm i -D wrangler',
    ...appending(assignments, VARS, given),
    ...appending(isIgnored ? [] : [VARS], '.gitignore', ignored),
    `npx allclear check --env-file ${VARS}`,
    'npx wrangler dev',
    'curl localhost:8787/readyz        # in a second terminal',
    ...names.map((name) => `npx wrangler secret put ${name}`),
    'npx wrangler deploy',
  ]
}

/** The commands that add lines to a file with this text. */
function appending(lines: readonly string[], file: string, text: string): string[] {
  const commands = lines.map((line) => `echo '${line}' >> ${file}`)
  const isMidLine = text !== '' && !text.endsWith('\n')
  return isMidLine && commands.length > 0 ? [`echo >> ${file}`, ...commands] : commands
}

/** The names of the variables that a definition reads. Its comments do not count. */
function variablesOf(definition: string): string[] {
  const code = definition.replace(/\/\*.*?\*\/|(?<!:)\/\/[^\n]*/gs, '')
  const names = [...code.matchAll(/\benv\.([A-Z][A-Z0-9_]*)\b/g)].map(([, name = '']) => name)
  return [...new Set(names)].filter((name) => name !== TOKEN)
}

/** The commands that install Allclear. No registry has it, so a tarball is made from its source. */
async function installation(): Promise<string[]> {
  const ours = join(import.meta.dirname, '../..')
  const tarball = `allclear-${await version()}.tgz`
  // An installed package cannot be packed again, since it lacks its source.
  if (!existsSync(join(ours, 'src')))
    return [`npm i PATH/TO/${tarball}      # made by npm pack in the repository of Allclear`]
  const source = quoted(ours)
  return [
    `(cd ${source} && npm install && npm pack)   # no registry has Allclear yet`,
    `npm i ${quoted(join(ours, tarball))}`,
  ]
}

/** The `type` of the package that the folder is in. */
async function typeOf(root: string): Promise<unknown> {
  const folder = folderOf('package.json', root)
  if (folder === undefined) return undefined
  try {
    return (JSON.parse(await read(folder, 'package.json')) as { readonly type?: unknown }).type
  } catch {
    return undefined
  }
}

/** The text of a file, empty where it cannot be read. */
function read(folder: string, name: string): Promise<string> {
  return readFile(join(folder, name), 'utf8').catch(() => '')
}

function quoted(path: string): string {
  return /^[\w./@-]+$/.test(path) ? path : `'${path.replaceAll(`'`, `'\\''`)}'`
}
