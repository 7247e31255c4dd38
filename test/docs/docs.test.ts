import { existsSync, globSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run } from '../run.ts'
import { type Block, anchorsIn, linksIn, parseMarkdown } from './markdown.ts'

const ROOT = join(import.meta.dirname, '../..')
const MODULES = join(ROOT, 'node_modules')
const NAMES = ['README.md', 'CONTRIBUTING.md', ...globSync('docs/*.md', { cwd: ROOT }).sort()]
const FILES = NAMES.filter((name) => existsSync(join(ROOT, name))).map((name) => {
  const text = readFileSync(join(ROOT, name), 'utf8')
  return { name, text, ...parseMarkdown(text) }
})
const { exports, scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))

test('every document is read', () => {
  const subjects = 'checks cli cost deploy hosts how-it-works metrics monitors paths plugins'
  const docs = subjects.split(' ').map((subject) => `docs/${subject}.md`)
  expect(FILES.map(({ name }) => name)).toEqual(['README.md', 'CONTRIBUTING.md', ...docs])
})

test('the README has at most 200 lines', () => {
  expect(FILES[0]?.text.trimEnd().split('\n').length).toBeLessThanOrEqual(200)
})

describe('every ts block', () => {
  let house: string
  let faults: readonly string[]

  beforeAll(async () => {
    house = await realpath(await mkdtemp(join(tmpdir(), 'allclear-docs-')))
    await symlink(MODULES, join(house, 'node_modules'), 'junction')
    for (const { name, blocks } of FILES) await writeBlocks(join(house, name), blocks)
    faults = (await Promise.all([typeCheck(house, 'workers'), typeCheck(house, 'node')])).flat()
  })

  afterAll(() => rm(house, { recursive: true, force: true }))

  test.each(FILES.filter(({ blocks }) => blocks.some(isTs)).map(({ name }) => name))(
    'of %s type-checks',
    (name) => {
      expect(faults.filter((fault) => fault.startsWith(`${name}/`))).toEqual([])
    },
  )

  test('was given to the compiler', () => {
    // A fault of the command line or of the set-up belongs to no document.
    expect(faults.filter((fault) => !FILES.some(({ name }) => fault.startsWith(`${name}/`)))).toEqual([])
  })
})

describe.each(FILES)('$name', ({ name, blocks, prose }) => {
  test('its links lead somewhere', () => {
    expect(linksIn(prose).flatMap(({ target, line }) => deadEnd(name, target, line))).toEqual([])
  })

  test('its commands are scripts of package.json', () => {
    const commands = blocks
      .filter(({ language }) => language === 'sh')
      .flatMap(({ text }) => [...text.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)])
      .map(([, script, short]) => script ?? short)
    expect(commands.filter((script) => !Object.hasOwn(scripts, script ?? ''))).toEqual([])
  })

  test('it says of a git dependency that it works only if it does', () => {
    const isNamed = blocks.some(({ text }) => /npm install (?:git\+|github:)/.test(text))
    // npm runs no other script to build a git dependency.
    expect(isNamed && scripts.prepare === undefined).toBe(false)
  })
})

function isTs({ language }: Block): boolean {
  return language === 'ts'
}

/** Each document is a folder and each block a file, at the lines that it has in the document. */
async function writeBlocks(folder: string, blocks: readonly Block[]): Promise<void> {
  const examples = blocks.filter(isTs).map((block, index) => [nameOf(block, index), block] as const)
  if (examples.length === 0) return
  await mkdir(folder, { recursive: true })
  if (!examples.some(([file]) => file === 'health.config.ts')) {
    await writeFile(join(folder, 'health.config.ts'), firstDefinition())
  }
  for (const [file, { text, line }] of examples) {
    await writeFile(join(folder, file), '\n'.repeat(line) + text, { flag: 'wx' })
  }
}

/** The file that the first line of a block names, `// src/worker.ts`, or the end of the words before it, `hello.ts`:. */
function nameOf({ text, lead }: Block, index: number): string {
  const named = /^\/\/ ([\w./-]+\.ts)\b/.exec(text) ?? /`([\w./-]+\.ts)`:$/.exec(lead)
  return named?.[1] === undefined ? `block-${index + 1}.ts` : basename(named[1])
}

/** The definition that the README gives, for the documents that only import one. */
function firstDefinition(): string {
  const first = FILES[0]?.blocks.find(isTs)
  if (first === undefined) throw new Error('the README defines no checks')
  return first.text
}

/** The globals of each platform. A reader has one of them, and they differ: `process.env` is one example. */
const PLATFORMS = { workers: '@cloudflare/workers-types', node: 'node' } as const

/** What the compiler has to say, a line each. Faults of `src` are for `npm run check`. */
async function typeCheck(folder: string, platform: keyof typeof PLATFORMS): Promise<readonly string[]> {
  const files = globSync('**/*.md/*.ts', { cwd: folder }).filter((file) => {
    const isForWorkers = readFileSync(join(folder, file), 'utf8').includes("'allclear/cloudflare'")
    return isForWorkers === (platform === 'workers')
  })
  const doors = Object.keys(exports).map((door) => {
    const name = door === '.' ? 'index' : door.slice('./'.length)
    return [join('allclear', door), [join(ROOT, 'src', `${name}.ts`)]] as const
  })
  const compilerOptions = {
    target: 'es2024',
    lib: ['es2024'],
    module: 'esnext',
    moduleResolution: 'bundler',
    types: [PLATFORMS[platform]],
    paths: Object.fromEntries(doors),
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    verbatimModuleSyntax: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    noEmit: true,
  }
  const config = join(folder, `tsconfig.${platform}.json`)
  await writeFile(config, JSON.stringify({ compilerOptions, files }))
  const tsc = join(MODULES, 'typescript/bin/tsc')
  const args = [tsc, '-p', config, '--pretty', 'false']
  const { code, stdout, stderr } = await run(process.execPath, args, { cwd: folder })
  const found = stdout.split('\n').filter((line) => /\berror TS\d+/.test(line))
  if (code !== 0 && found.length === 0) throw new Error(`tsc exited with ${code}: ${stderr}`)
  const source = relative(folder, join(ROOT, 'src'))
  return found.filter((line) => !line.startsWith(source))
}

/** Why a link leads nowhere, if it does. */
function deadEnd(from: string, target: string, line: number): string[] {
  if (/^[a-z]+:/.test(target)) return []
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? from : relative(ROOT, resolve(ROOT, dirname(from), path))
  if (!existsSync(join(ROOT, file))) return [`${from}:${line}: there is no ${target}`]
  if (anchor === undefined) return []
  const { prose } = FILES.find(({ name }) => name === file) ?? { prose: [] }
  return anchorsIn(prose).includes(anchor) ? [] : [`${from}:${line}: no heading is the anchor of ${target}`]
}

test('the sample plugin is the one that every host is tested with', () => {
  const plugins = FILES.find(({ name }) => name === 'docs/plugins.md')
  const sample = plugins?.blocks.find(isTs)?.text
  const tested = readFileSync(join(ROOT, 'test/hosts/hello.ts'), 'utf8')
  expect(tested.replace('../../src/index.ts', 'allclear')).toBe(sample)
})
