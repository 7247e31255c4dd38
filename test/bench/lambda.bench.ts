import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { atExit } from './at-exit.ts'
import type { Bench } from './bench.ts'
import { median, spread } from './numbers.ts'

const ROOT = join(import.meta.dirname, '../..')
const IMPORTS = 15

/** Imports the bundle and prints the CPU time of the import in milliseconds. */
const IMPORT = `
  import { pathToFileURL } from 'node:url'
  const url = pathToFileURL(process.argv[1]).href
  const before = process.cpuUsage()
  const { handler } = await import(url)
  const { user, system } = process.cpuUsage(before)
  if (typeof handler !== 'function') throw new Error('the bundle exports no handler')
  console.log((user + system) / 1000)`

export const lambda: Bench = {
  name: 'lambda',
  workers: [],
  measure: async () => {
    const file = await built()
    const times: number[] = []
    for (let index = 0; index < IMPORTS; index += 1) times.push(await coldImportMs(file))
    return [
      {
        name: 'Lambda handler, cold import, CPU',
        value: median(times),
        unit: 'ms',
        goal: { atMost: 60 },
        note: `${spread(times)}; ${IMPORTS} processes, Upstash as the store`,
      },
      {
        name: '  its bundle, minified, gzip',
        value: gzipSync(readFileSync(file)).length / 1000,
        unit: 'kB',
        goal: { atMost: 150 },
      },
    ]
  },
}

/** Makes the bundle of `npm run build:lambda` in a temporary folder. */
async function built(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'allclear-lambda-'))
  atExit(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'index.mjs')
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>
  }
  const [command, ...args] = scripts['build:lambda']?.split(' ') ?? []
  if (command !== 'esbuild') throw new Error(`build:lambda is no longer esbuild alone: ${command}`)
  const kept = args.filter((arg) => !arg.startsWith('--outfile='))
  await run(join(ROOT, 'node_modules/.bin/esbuild'), [...kept, `--outfile=${file}`, '--log-level=error'])
  return file
}

async function coldImportMs(file: string): Promise<number> {
  const text = await run(process.execPath, ['--input-type=module', '--eval', IMPORT, file], {
    UPSTASH_REDIS_REST_URL: 'http://127.0.0.1:1',
    UPSTASH_REDIS_REST_TOKEN: 'token',
  })
  const ms = Number(text)
  if (!(ms > 0)) throw new Error(`expected milliseconds, received ${JSON.stringify(text)}`)
  return ms
}

/** Runs a command without the inherited environment. A compile cache in it, for example, would make the import warm. */
async function run(file: string, args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const running = promisify(execFile)(file, args, { cwd: ROOT, env: { PATH: process.env['PATH'], ...env } })
  atExit(() => running.child.kill('SIGKILL'))
  return (await running).stdout
}
