import { cp, mkdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { mustRun } from '../run.ts'
import { type Instruction, ignoredBy, parseDockerfile } from './dockerfile.ts'

export const ROOT = join(import.meta.dirname, '../..')

/** The settings of the last stage of deploy/Dockerfile. */
export interface Image {
  readonly from: string
  readonly env: Readonly<Record<string, string>>
  readonly user: string | undefined
  readonly port: number
  readonly healthcheck: Instruction
  readonly command: Instruction
  /** The folder in which the command runs. */
  readonly workdir: string
}

const stages = parseDockerfile(await readFile(join(ROOT, 'deploy/Dockerfile'), 'utf8'))
const isIgnored = ignoredBy(await readFile(join(ROOT, 'deploy/Dockerfile.dockerignore'), 'utf8'))

/** Reads the settings from deploy/Dockerfile. */
export function readImage(): Image {
  const last = stages.at(-1)
  const one = (name: string): Instruction => {
    const [only, ...more] = last?.instructions.filter((instruction) => instruction.name === name) ?? []
    if (only === undefined || more.length > 0) throw new Error(`expected one ${name} in the last stage`)
    return only
  }
  return {
    from: last?.image ?? '',
    env: Object.fromEntries(one('ENV').words.map((word) => word.split('=', 2) as [string, string])),
    user: one('USER').words[0],
    port: Number(one('EXPOSE').words[0]),
    healthcheck: one('HEALTHCHECK'),
    command: one('CMD'),
    workdir: one('WORKDIR').words[0] ?? '/',
  }
}

/**
 * Executes the Dockerfile in a directory instead of a container, without its base image. Gives the working directory of
 * the last stage.
 */
export async function buildImage(house: string): Promise<string> {
  const rootOf = (stage: string | undefined): string => join(house, stage ?? 'last')
  let cwd = ''
  for (const { name: stage, instructions } of stages) {
    for (const { name, flags, words } of instructions) {
      if (name === 'WORKDIR') {
        cwd = join(rootOf(stage), ...words)
        await mkdir(cwd, { recursive: true })
      } else if (name === 'COPY') {
        const from = flags['from'] === undefined ? undefined : rootOf(flags['from'])
        await copy(words.slice(0, -1), cwd, words.at(-1) ?? '', from)
      } else if (name === 'RUN') {
        await mustRun('sh', ['-c', words.join(' ')], { cwd, env: { npm_config_prefer_offline: 'true' } })
      }
    }
  }
  return cwd
}

async function copy(sources: readonly string[], cwd: string, target: string, from?: string): Promise<void> {
  for (const source of sources) {
    if (from === undefined && isIgnored(source))
      throw new Error(`COPY of what .dockerignore leaves out: ${source}`)
    const into = target.endsWith('/') ? join(target, basename(source)) : target
    await cp(join(from ?? ROOT, source), join(cwd, into), {
      recursive: true,
      filter: (path) => from !== undefined || !isIgnored(path.slice(ROOT.length + 1)),
    })
  }
}
