import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { DOOR, FIXTURES, folderWith, spawned } from './scene.ts'

describe('a process', () => {
  test('exits by the status, with the table and nothing else on its output', async () => {
    const { code, out, err } = await spawned(['check'], { env: { DATABASE: 'unhealthy' } })
    expect(code).toBe(1)
    expect(out.split('\n').slice(0, 2)).toEqual([
      'CHECK     STATUS     DURATION  DETAIL',
      expect.stringMatching(/^database {2}unhealthy +[\d.]+ ms$/),
    ])
    expect(out).toMatch(/\nshop 1\.4\.2 is unhealthy \(2 healthy, 1 unhealthy\), checked in [\d.]+ m?s\n$/)
    expect(err).toBe('')
  })

  test('makes colour for a pipe only by request', async () => {
    const { out } = await spawned(['check'], { env: { FORCE_COLOR: '1' } })
    expect(out).toContain('\u001b[32mhealthy')
  })

  test('ends with the round, though a check holds a socket, and logs nothing between the lines', async () => {
    const { code, out, err } = await spawned(['check', '--config', 'deaf.config.ts', '--json'])
    expect(code).toBe(1)
    expect(JSON.parse(out).checks).toMatchObject({
      deaf: { status: 'unhealthy', detail: 'timeout' },
      untidy: { status: 'healthy' },
    })
    expect(err.split('\n').toSorted()).toEqual(['', 'allclear: Error: nobody listens', 'listening'])
  })

  test('gives up on an endpoint that is not there', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    await new Promise((resolve) => server.close(resolve))
    const { code, out, err } = await spawned(['poll', `http://127.0.0.1:${port}`])
    expect([code, out]).toEqual([1, ''])
    expect(err).toBe(`allclear: http://127.0.0.1:${port}/readyz: connect ECONNREFUSED 127.0.0.1:${port}\n`)
  })

  test('watches until Ctrl-C, and then exits by the last status', async () => {
    const child = spawn(process.execPath, [DOOR, 'check', '--watch'], {
      cwd: FIXTURES,
      env: { PATH: process.env['PATH'], CACHE: 'unhealthy' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    const exited = once(child, 'exit')
    let out = ''
    for await (const chunk of child.stdout) {
      out += String(chunk)
      if (out.includes('is degraded')) break
    }
    child.kill('SIGINT')
    expect(await exited).toEqual([2, null])
  })

  test('ends when the reader of its output is gone, and its exit code counts', async () => {
    const args = ['check', '--watch', '--interval', '0.1']
    const child = spawn(process.execPath, [DOOR, ...args], {
      cwd: FIXTURES,
      env: { PATH: process.env['PATH'], CACHE: 'unhealthy' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    let err = ''
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
    child.stdout.destroy()
    expect(await once(child, 'close')).toEqual([2, null])
    expect(err).toBe('')
  })
})

describe('a config', () => {
  test.each([
    [
      'that is not there',
      {},
      [`no health.config.ts, .mts, .js or .mjs in CWD or its src; allclear init writes one`],
    ],
    [
      'that is empty',
      { 'health.config.mjs': '' },
      ['it has no default export; expected what defineHealth gives'],
    ],
    [
      'with a name for its export',
      { 'health.config.mts': 'export const health = 1' },
      ['it has no default export; expected what defineHealth gives'],
    ],
    [
      'that is a number',
      { 'health.config.mts': 'export default 3' },
      ['default export: expected what defineHealth gives, received a number'],
    ],
    [
      'that is null',
      { 'health.config.mts': 'export default null' },
      ['default export: expected what defineHealth gives, received null'],
    ],
    [
      'that never met defineHealth',
      {
        'health.config.ts': `import { http } from 'allclear'\nexport default { checks: { a: http({ url: 'x' }) } }`,
      },
      ['default export: expected what defineHealth gives, received an object'],
    ],
    [
      'that does not parse',
      { 'health.config.ts': 'export default {\n' },
      ['ParseError: Unexpected token health.config.ts:2:0'],
    ],
    [
      'whose import leads nowhere',
      { 'health.config.ts': `import './nope'` },
      [`Cannot find module './nope'`],
    ],
    [
      'that throws, with a secret',
      { 'health.config.mjs': 'throw new TypeError(`no host in ${process.env.DATABASE_URL}`)' },
      ['TypeError: no host in [redacted]'],
    ],
    [
      'that throws what terminals obey',
      { 'health.config.mjs': String.raw`throw new Error('\u001b[2J one\ntwo')` },
      ['[2J one two'],
    ],
    [
      'with faults',
      {
        'health.config.ts': `
          import { defineHealth, http } from 'allclear'
          export default defineHealth({
            ttlMs: 0,
            checks: { 'a b': http({ url: 'http://localhost', timeoutMs: 0 }) },
          })`,
      },
      [
        'ttlMs: expected a number of at least 1, received 0',
        'checks.a b: a check name matches ^[a-zA-Z][a-zA-Z0-9_-]{0,62}$',
        'checks.a b.timeoutMs: expected a number of at least 1, received 0',
      ],
    ],
  ])('%s is told line by line, and 3', async (_, files: Record<string, string>, faults) => {
    const cwd = await folderWith(files)
    const [name] = Object.keys(files)
    const env = { DATABASE_URL: 'postgres://shop:hunter22@db.example/shop' }
    const { code, out, err } = await spawned(['check'], { cwd, env })
    const lines = faults.map((fault) => `allclear: ${name === undefined ? '' : `${name}: `}${fault}\n`)
    expect(err.replace(cwd, 'CWD')).toBe(lines.join(''))
    expect([code, out]).toEqual([3, ''])
  })

  test('may have TypeScript and imports that Node does not take', async () => {
    const cwd = await folderWith({
      'health.config.ts': `
        import { type Health, custom, defineHealth, http } from 'allclear'
        import { url } from './where'
        enum Name { catalog = 'catalog' }
        export default defineHealth({ checks: { [Name.catalog]: http({ url }), fine: custom(async () => {}) } })`,
      'where.ts': `export const url: string = 'http://127.0.0.1:1/'`,
    })
    const { code, out, err } = await spawned(['check'], { cwd })
    expect([code, err]).toEqual([1, ''])
    expect(out).toMatch(/^catalog {2}unhealthy +[\d.]+ ms {2}connection failed$/m)
  })

  test('keeps the details of its checks, though it has its own copy of the module', async () => {
    const cwd = await folderWith({
      'health.config.mjs': `
        class CheckFailure extends Error { name = 'CheckFailure'; detail = 'pool saturated' }
        const policy = { critical: false, timeoutMs: 1000, breaker: false, failAfter: 1, recoverAfter: 1, tags: [], probes: ['ready'] }
        const probe = async () => { throw new CheckFailure('97 of 100') }
        export default {
          service: { name: 'copy' }, deadlineMs: 1000, ttlMs: 1000, staleAfterMs: 3000, concurrency: 6,
          checks: { database: { kind: 'postgres', policy, probe } },
        }`,
    })
    const { code, out } = await spawned(['check'], { cwd })
    expect(code).toBe(2)
    expect(out).toContain('pool saturated (not critical)\n  97 of 100\n')
  })

  test.each([
    ['nope.ts', 'nope.ts: no such file'],
    ['.', '.: this is no file'],
  ])('named as %s is one clear line, and 3', async (path, error) => {
    const { code, err } = await spawned(['check', '--config', path])
    expect([code, err]).toEqual([3, `allclear: ${error}\n`])
  })
})
