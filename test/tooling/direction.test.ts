import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'

const IMPORTS = [
  ['core/a.ts', './b.ts', 'fine'],
  ['core/a.ts', 'valibot', 'fine'],
  ['core/a.ts', 'hono', 'refused'],
  ['core/a.ts', 'node:fs', 'refused'],
  ['core/a.ts', '../checks/a.ts', 'refused'],
  ['core/a.ts', '../drivers/a.ts', 'refused'],
  ['core/a.ts', '../stores/a.ts', 'refused'],
  ['core/a.ts', '../index.ts', 'refused'],
  ['drivers/a.ts', './b.ts', 'fine'],
  ['drivers/a.ts', '../core/a.ts', 'fine'],
  ['drivers/a.ts', 'node:fs/promises', 'fine'],
  ['drivers/a.ts', '@upstash/redis/cloudflare', 'fine'],
  ['drivers/a.ts', '../checks/a.ts', 'refused'],
  ['drivers/a.ts', '../probe/a.ts', 'refused'],
  ['drivers/a.ts', '../stores/a.ts', 'refused'],
  ['drivers/a.ts', '../index.ts', 'refused'],
  ['drivers/a.ts', 'cloudflare:workers', 'refused'],
  ['drivers/a.ts', 'cloudflare:sockets', 'refused'],
  ['drivers/sockets.ts', '../core/a.ts', 'fine'],
  ['drivers/sockets.ts', 'cloudflare:sockets', 'fine'],
  ['drivers/sockets.ts', '../checks/a.ts', 'refused'],
  ['drivers/sockets.ts', 'cloudflare:workers', 'refused'],
  ['checks/a.ts', './b.ts', 'fine'],
  ['checks/a.ts', '../core/a.ts', 'fine'],
  ['checks/a.ts', '../drivers/a.ts', 'fine'],
  ['checks/a.ts', 'valibot', 'fine'],
  ['checks/a.ts', '../probe/a.ts', 'refused'],
  ['checks/a.ts', '../poll/a.ts', 'refused'],
  ['checks/a.ts', '../hosts/node.ts', 'refused'],
  ['checks/a.ts', 'cloudflare:workers', 'refused'],
  ['checks/a.ts', 'cloudflare:sockets', 'refused'],
  ['probe/a.ts', '../core/a.ts', 'fine'],
  ['probe/a.ts', '../drivers/a.ts', 'fine'],
  ['probe/a.ts', '../checks/a.ts', 'refused'],
  ['probe/a.ts', '../stores/a.ts', 'refused'],
  ['probe/a.ts', '../poll/a.ts', 'refused'],
  ['probe/a.ts', '../http/a.ts', 'refused'],
  ['stores/a.ts', '../core/a.ts', 'fine'],
  ['stores/a.ts', '../drivers/a.ts', 'fine'],
  ['stores/a.ts', '../probe/a.ts', 'refused'],
  ['stores/a.ts', '../poll/a.ts', 'refused'],
  ['stores/a.ts', 'cloudflare:workers', 'refused'],
  ['stores/durable-object.ts', 'cloudflare:workers', 'fine'],
  ['stores/durable-object.ts', '../core/a.ts', 'fine'],
  ['stores/durable-object.ts', '../probe/a.ts', 'refused'],
  ['stores/durable-object.ts', '../hosts/cloudflare.ts', 'refused'],
  ['stores/durable-object.ts', 'cloudflare:sockets', 'refused'],
  ['formats/a.ts', '../core/a.ts', 'fine'],
  ['formats/a.ts', '../drivers/a.ts', 'refused'],
  ['formats/a.ts', '../poll/a.ts', 'refused'],
  ['formats/a.ts', '../http/a.ts', 'refused'],
  ['poll/a.ts', './b.ts', 'fine'],
  ['poll/a.ts', '../core/a.ts', 'fine'],
  ['poll/a.ts', '../drivers/a.ts', 'fine'],
  ['poll/a.ts', '../probe/a.ts', 'fine'],
  ['poll/a.ts', '../stores/a.ts', 'fine'],
  ['poll/a.ts', '../checks/a.ts', 'refused'],
  ['poll/a.ts', '../formats/a.ts', 'refused'],
  ['poll/a.ts', '../http/a.ts', 'refused'],
  ['poll/a.ts', '../hosts/node.ts', 'refused'],
  ['poll/a.ts', 'cloudflare:workers', 'refused'],
  ['http/a.ts', './b.ts', 'fine'],
  ['http/a.ts', './readers/a.ts', 'fine'],
  ['http/a.ts', '../core/a.ts', 'fine'],
  ['http/a.ts', '../drivers/a.ts', 'fine'],
  ['http/a.ts', '../formats/a.ts', 'fine'],
  ['http/a.ts', '../poll/a.ts', 'fine'],
  ['http/a.ts', '../probe/a.ts', 'fine'],
  ['http/a.ts', 'hono', 'fine'],
  ['http/a.ts', '../checks/a.ts', 'refused'],
  ['http/a.ts', '../stores/a.ts', 'refused'],
  ['http/a.ts', '../cli/a.ts', 'refused'],
  ['http/a.ts', '../hosts/lambda.ts', 'refused'],
  ['http/a.ts', 'cloudflare:workers', 'refused'],
  ['http/readers/a.ts', './b.ts', 'fine'],
  ['http/readers/a.ts', '../a.ts', 'fine'],
  ['http/readers/a.ts', '../../core/a.ts', 'fine'],
  ['http/readers/a.ts', '../../drivers/a.ts', 'fine'],
  ['http/readers/a.ts', '../../formats/a.ts', 'fine'],
  ['http/readers/a.ts', '../../poll/a.ts', 'fine'],
  ['http/readers/a.ts', '../../probe/a.ts', 'fine'],
  ['http/readers/a.ts', '../../checks/a.ts', 'refused'],
  ['http/readers/a.ts', '../../stores/a.ts', 'refused'],
  ['http/readers/a.ts', '../../hosts/lambda.ts', 'refused'],
  ['http/readers/a.ts', '../../index.ts', 'refused'],
  ['http/readers/a.ts', 'cloudflare:workers', 'refused'],
  ['hosts/lambda.ts', '../http/a.ts', 'fine'],
  ['hosts/lambda.ts', '../http/readers/a.ts', 'fine'],
  ['hosts/lambda.ts', '../poll/a.ts', 'fine'],
  ['hosts/lambda.ts', '../formats/a.ts', 'fine'],
  ['hosts/lambda.ts', '../probe/a.ts', 'fine'],
  ['hosts/lambda.ts', '../stores/a.ts', 'fine'],
  ['hosts/lambda.ts', '../drivers/a.ts', 'fine'],
  ['hosts/lambda.ts', '../core/a.ts', 'fine'],
  ['hosts/lambda.ts', './shared.ts', 'fine'],
  ['hosts/lambda.ts', './node.ts', 'refused'],
  ['hosts/lambda.ts', './fetch.ts', 'refused'],
  ['hosts/lambda.ts', '../checks/a.ts', 'refused'],
  ['hosts/lambda.ts', '../local/a.ts', 'refused'],
  ['hosts/lambda.ts', '../lambda.ts', 'refused'],
  ['hosts/lambda.ts', 'cloudflare:workers', 'refused'],
  ['hosts/lambda.ts', 'cloudflare:sockets', 'refused'],
  ['hosts/node.ts', '../cli/a.ts', 'refused'],
  ['hosts/cloudflare.ts', 'cloudflare:workers', 'fine'],
  ['hosts/cloudflare.ts', '../http/a.ts', 'fine'],
  ['hosts/cloudflare.ts', '../poll/a.ts', 'fine'],
  ['hosts/cloudflare.ts', './node.ts', 'refused'],
  ['hosts/cloudflare.ts', '../checks/a.ts', 'refused'],
  ['hosts/cloudflare.ts', 'cloudflare:sockets', 'refused'],
  ['cli/a.ts', './b.ts', 'fine'],
  ['cli/a.ts', '../core/a.ts', 'fine'],
  ['cli/a.ts', '../drivers/a.ts', 'fine'],
  ['cli/a.ts', '../probe/a.ts', 'fine'],
  ['cli/a.ts', '../stores/a.ts', 'fine'],
  ['cli/a.ts', '../poll/a.ts', 'fine'],
  ['cli/a.ts', '../formats/a.ts', 'fine'],
  ['cli/a.ts', '../index.ts', 'fine'],
  ['cli/a.ts', 'jiti', 'fine'],
  ['cli/a.ts', '../http/a.ts', 'refused'],
  ['cli/a.ts', '../checks/a.ts', 'refused'],
  ['cli/a.ts', '../hosts/node.ts', 'refused'],
  ['cli/a.ts', '../node.ts', 'refused'],
  ['cli/a.ts', '../local/a.ts', 'refused'],
  ['cli/a.ts', 'cloudflare:workers', 'refused'],
  ['local/a.ts', './b.ts', 'fine'],
  ['local/a.ts', '../cli/a.ts', 'refused'],
  ['local/a.ts', '../hosts/node.ts', 'refused'],
  ['index.ts', './checks/a.ts', 'fine'],
  ['index.ts', './cli/a.ts', 'refused'],
  ['index.ts', 'cloudflare:sockets', 'refused'],
  ['cloudflare.ts', './hosts/cloudflare.ts', 'fine'],
  ['cloudflare.ts', './local/a.ts', 'refused'],
  ['cloudflare.ts', 'cloudflare:workers', 'refused'],
  ['fetch.ts', './hosts/fetch.ts', 'fine'],
  ['fetch.ts', 'cloudflare:workers', 'refused'],
  ['cli.ts', './cli/a.ts', 'fine'],
  ['cli.ts', './drivers/a.ts', 'fine'],
  ['cli.ts', './probe/a.ts', 'fine'],
  ['cli.ts', './http/a.ts', 'refused'],
  ['cli.ts', './hosts/node.ts', 'refused'],
  ['cli.ts', './local/a.ts', 'refused'],
  ['worker.ts', './health.config.ts', 'fine'],
  ['health.config.ts', './index.ts', 'fine'],
  ['health.config.ts', './hosts/cloudflare.ts', 'refused'],
  ['health.config.ts', './local/a.ts', 'refused'],
] as const

const CORE_CODE = [
  ['new Date(0).toISOString()', 'fine'],
  ['Date.now()', 'refused'],
  ['Math.random()', 'refused'],
  ['performance.now()', 'refused'],
  ['crypto.randomUUID()', 'refused'],
  ['setTimeout(() => {}, 1)', 'refused'],
  ['globalThis.setTimeout(() => {}, 1)', 'refused'],
  ['console.log(1)', 'refused'],
  ['process.exit()', 'refused'],
  ['void fetch("about:blank")', 'refused'],
] as const

/** The rules under test. Random imports break other rules too. */
const RULES = /no-restricted-|no-floating-promises/

describe('the verdict of the lint rules', () => {
  let refused: ReadonlySet<string>

  beforeAll(async () => {
    const files: Record<string, string[]> = {
      'core/code.ts': CORE_CODE.map(([code]) => code),
      'probe/promise.ts': ['Promise.resolve(1)'],
    }
    for (const [file, specifier] of IMPORTS) (files[file] ??= []).push(`import '${specifier}'`)
    refused = await lint(files)
  })

  it.each(IMPORTS)('of %s importing %s: %s', (file, specifier, verdict) => {
    expect(verdictOn(`${file}: import '${specifier}'`)).toBe(verdict)
  })

  it.each(CORE_CODE)('of core doing %s: %s', (code, verdict) => {
    expect(verdictOn(`core/code.ts: ${code}`)).toBe(verdict)
  })

  it('of a promise that floats: refused', () => {
    expect(verdictOn('probe/promise.ts: Promise.resolve(1)')).toBe('refused')
  })

  function verdictOn(line: string): 'fine' | 'refused' {
    return refused.has(line) ? 'refused' : 'fine'
  }
})

/** Lints files of a temporary `src` by the repository's rules, and gives the refused lines. */
async function lint(files: Record<string, string[]>): Promise<ReadonlySet<string>> {
  const repository = join(import.meta.dirname, '../..')
  const house = await mkdtemp(join(tmpdir(), 'allclear-lint-'))
  try {
    await copyFile(join(repository, '.oxlintrc.json'), join(house, '.oxlintrc.json'))
    for (const [file, lines] of Object.entries(files)) {
      const path = join(house, 'src', file)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, lines.join('\n'))
    }
    const { diagnostics } = JSON.parse(await oxlint(repository, house)) as Findings
    return new Set(
      diagnostics
        .filter(({ code }) => RULES.test(code))
        .map(({ filename, labels }) => {
          const file = filename.replaceAll('\\', '/').replace(/^.*src\//, '')
          return `${file}: ${files[file]?.[(labels[0]?.span.line ?? 0) - 1]}`
        }),
    )
  } finally {
    await rm(house, { recursive: true })
  }
}

interface Findings {
  readonly diagnostics: readonly {
    readonly code: string
    readonly filename: string
    readonly labels: readonly { readonly span: { readonly line: number } }[]
  }[]
}

/** Runs `oxlint` in the directory `cwd` and gives its findings as JSON. Exit code 1 means findings and is no error. */
function oxlint(repository: string, cwd: string): Promise<string> {
  const modules = join(repository, 'node_modules')
  // oxlint looks for its type-aware part on the PATH, because the directory has no node_modules.
  const env = { ...process.env, PATH: join(modules, '.bin') + delimiter + process.env['PATH'] }
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(modules, 'oxlint/bin/oxlint'), '--format', 'json'],
      { cwd, env },
      (_, stdout) => resolve(stdout),
    )
  })
}
