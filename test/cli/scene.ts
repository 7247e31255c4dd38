import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { beforeEach, onTestFinished, vi } from 'vitest'
import type { Io, Output } from '../../src/cli/io.ts'
import { run } from '../../src/cli/run.ts'

const START = Date.UTC(2026, 10, 23, 5)
export const FIXTURES: string = join(import.meta.dirname, 'fixtures')
export const DOOR: string = join(import.meta.dirname, '../../src/cli.ts')

/** Removes the colour settings of the environment that the tests run in. */
export function withoutColourSettings(): void {
  beforeEach(() => {
    for (const name of ['FORCE_COLOR', 'NO_COLOR', 'NODE_DISABLE_COLORS']) vi.stubEnv(name, undefined)
  })
}

/** An output that records its text: a terminal, or a pipe where no width is given. */
export interface Screen extends Output {
  readonly text: () => string
}

export function screen(size: { readonly columns?: number; readonly rows?: number } = {}): Screen {
  let text = ''
  const write = (chunk: Buffer, _: string, done: () => void): void => {
    text += chunk.toString()
    done()
  }
  const isTTY = size.columns !== undefined
  return Object.assign(new Writable({ write }), { ...size, isTTY, text: () => text })
}

export interface CliScene {
  readonly io: Io
  readonly out: () => string
  readonly err: () => string
  readonly interrupt: () => void
  /** Runs a command line in this process. */
  readonly allclear: (...args: string[]) => Promise<number>
}

/** Makes the surroundings of a command: a clock that only waits advance, and no network unless one is given. */
export function sceneOf(
  given: Partial<Omit<Io, 'stdout' | 'stderr'>> & {
    readonly stdout?: Screen
    readonly stderr?: Screen
    /** Runs in each wait of a watch. */
    readonly meanwhile?: (waits: number, interrupt: () => void) => void
  } = {},
): CliScene {
  const { stdout = screen(), stderr = screen(), meanwhile = () => {}, ...rest } = given
  const ctrlC = new AbortController()
  let [now, waits] = [START, 0]
  const io: Io = {
    cwd: FIXTURES,
    env: {},
    stdout,
    stderr,
    clock: { now: () => now, elapsed: () => now - START },
    fetch: () => Promise.reject(new Error('no network here')),
    sleep: async (ms) => {
      now += ms
      waits += 1
      meanwhile(waits, () => ctrlC.abort())
    },
    signal: ctrlC.signal,
    ...rest,
  }
  return {
    io,
    out: stdout.text,
    err: stderr.text,
    interrupt: () => ctrlC.abort(),
    allclear: (...args) => run(args, io),
  }
}

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs a command line as a child process. */
export function spawned(
  args: readonly string[],
  { cwd = FIXTURES, env = {} }: { readonly cwd?: string; readonly env?: Record<string, string> } = {},
): Promise<Ended> {
  const { PATH = '', TMPDIR = tmpdir() } = process.env
  const child = spawn(process.execPath, [DOOR, ...args], {
    cwd,
    env: { PATH, TMPDIR, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })))
}

/** Makes a folder with these files, which is removed after the test. */
export async function folderWith(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'allclear-cli-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  return folder
}
