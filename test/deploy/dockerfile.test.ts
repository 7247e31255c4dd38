import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, readdir, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import health from '../../src/health.config.ts'
import { startServer } from '../../src/local/server.ts'
import { run } from '../run.ts'
import { ignoredBy, parseDockerfile } from './dockerfile.ts'
import { ROOT, buildImage, readImage } from './image.ts'
import { graceMs } from './manifest.ts'

const image = readImage()

describe('the image', () => {
  test('has the Node that all is tested with', async () => {
    const { devDependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
    expect(image.from).toBe(`node:${devDependencies.node}-slim`)
  })

  test('does not run as root, and says so in a way that Kubernetes understands', () => {
    expect(image.user).toMatch(/^[1-9]\d*:[1-9]\d*$/)
  })

  test('names the port that it listens on', () => {
    expect(image.port).toBe(Number(image.env['PORT']))
  })

  test('has no shell before its command, which would keep SIGTERM to itself', () => {
    expect([image.command.isExec, image.healthcheck.isExec]).toEqual([true, true])
  })

  test('is asked for its liveness, at its own port, for less time than there is between two times', () => {
    const { flags, words } = image.healthcheck
    expect(words.at(-1)).toBe(`http://127.0.0.1:${image.port}/livez`)
    expect(Number.parseInt(flags['timeout'] ?? '')).toBeLessThan(Number.parseInt(flags['interval'] ?? ''))
  })
})

// Docker is not available everywhere, so a directory stands for the container. Its base image is not tested.
describe('what is in the image, and nothing else,', () => {
  let house: string
  let container: ChildProcess
  let exited: Promise<number | null>
  let port: number
  let cwd: string
  let line: string | undefined

  const inContainer = (): NodeJS.ProcessEnv => ({
    ...image.env,
    PATH: dirname(process.execPath),
    PORT: String(port),
    // The file system is read-only, and nothing outside the directory can be read.
    NODE_OPTIONS: `--permission --allow-fs-read=${house}`,
  })

  const isHealthy = async (): Promise<number> => {
    const [command = '', ...args] = image.healthcheck.words.map((word) =>
      word.replace(`:${image.port}/`, `:${port}/`),
    )
    return (await run(command, args, { cwd, env: inContainer() })).code
  }

  beforeAll(async () => {
    house = await realpath(await mkdtemp(join(tmpdir(), 'allclear-image-')))
    cwd = await buildImage(house)
    const free = await startServer(() => {})
    port = free.port
    await free.close()
    const [command = '', ...args] = image.command.words
    container = spawn(command, args, { cwd, env: inContainer(), stdio: ['ignore', 'pipe', 'inherit'] })
    exited = once(container, 'exit').then(([code]) => code as number | null)
    for await (line of createInterface(container.stdout!)) break
  })

  afterAll(async () => {
    container?.kill('SIGKILL')
    await rm(house, { recursive: true, force: true })
  })

  test('starts, listens on the port it was given, and answers', async () => {
    expect(line).toContain(String(port))
    expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).toBe(200)
    // No variable of the checks is set.
    const response = await fetch(`http://127.0.0.1:${port}/readyz`)
    const { checks } = (await response.json()) as { checks: Record<string, { detail: string }> }
    expect([response.status, checks['postgres']?.detail]).toEqual([503, 'misconfigured'])
  })

  test('has none of what only its makers need', async () => {
    const modules = await readdir(join(cwd, 'node_modules'))
    expect(modules).toContain('hono')
    expect(modules).not.toContain('vitest')
  })

  test('is healthy while it runs, whatever is down', async () => {
    expect(await isHealthy()).toBe(0)
  })

  test('drains in the time that Kubernetes grants, and the longest poll fits in after it', async () => {
    const from = performance.now()
    container.kill('SIGTERM')
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(503)
    expect(await exited).toBe(0)
    const drainMs = performance.now() - from
    expect(drainMs).toBeGreaterThan(4900)
    expect(drainMs + health.deadlineMs).toBeLessThan(graceMs)
  })

  test('is unhealthy once it has ended', async () => {
    expect(await isHealthy()).toBe(1)
  })
})

describe('the reader of Dockerfiles', () => {
  test('knows stages, flags, continued lines, comments and both forms of arguments', () => {
    const text = [
      '# a comment',
      'FROM node:24 AS one',
      'COPY --from=x a b ./',
      'FROM y',
      'HEALTHCHECK --interval=3s \\',
      '  CMD ["a", "b c"]',
      'CMD d e',
    ]
    expect(parseDockerfile(text.join('\n'))).toEqual([
      {
        image: 'node:24',
        name: 'one',
        instructions: [{ name: 'COPY', flags: { from: 'x' }, words: ['a', 'b', './'], isExec: false }],
      },
      {
        image: 'y',
        name: undefined,
        instructions: [
          { name: 'HEALTHCHECK', flags: { interval: '3s' }, words: ['a', 'b c'], isExec: true },
          { name: 'CMD', flags: {}, words: ['d', 'e'], isExec: false },
        ],
      },
    ])
  })

  test.each(['COPPY a b', 'copy a b', '["a"]'])('refuses %s', (line) => {
    expect(() => parseDockerfile(`FROM x\n${line}`)).toThrow('unknown instruction')
  })

  test('knows what is left out of a build', () => {
    const isIgnored = ignoredBy('# all\n*\n!src\n!a/b.ts\nsrc/local')
    expect(['src', 'src/x.ts', 'a/b.ts'].filter(isIgnored)).toEqual([])
    const out = ['.git', 'srcs', 'a', 'a/c.ts', 'src/local', 'src/local/x.ts']
    expect(out.filter(isIgnored)).toEqual(out)
  })
})
