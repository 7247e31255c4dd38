import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { startServer } from '../../src/local/server.ts'

const started: ChildProcess[] = []
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
})

/** Runs `npm start` with these arguments, and gives its lines once it is ready or has ended. */
async function start(...args: string[]) {
  const script = join(import.meta.dirname, '../../src/local/start.ts')
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  started.push(child)
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const lines: string[] = []
  for await (const line of createInterface(child.stdout)) {
    lines.push(line)
    if (line.startsWith('Ctrl-C')) break
  }
  return { child, exited, lines, errors: () => errors }
}

const urlIn = (lines: readonly string[], pattern: RegExp): string => {
  const url = lines.map((line) => pattern.exec(line)?.[0]).find((found) => found !== undefined)
  if (url === undefined) throw new Error(`no line matches ${pattern}:\n${lines.join('\n')}`)
  return url
}

async function freePort(): Promise<string> {
  const { port, close } = await startServer(() => {})
  await close()
  return String(port)
}

test('one command shows all of it, a dependency breaks by the command it prints, and Ctrl-C ends everything', async () => {
  const controlPort = await freePort()
  const { child, exited, lines } = await start('--port', '0', '--control-port', controlPort)
  const readyz = urlIn(lines, /http:\/\/localhost:\d+\/readyz/)
  const control = `http://127.0.0.1:${controlPort}`
  for (const name of ['postgres', 'redis', 'catalog', 'disk']) {
    for (const mode of ['down', 'slow', 'hang', 'wrong', 'mend']) {
      expect(lines.join('\n')).toContain(`curl -X POST ${control}/${name}/${mode}`)
    }
  }

  await fetch(`${control}/catalog/down`, { method: 'POST' })
  const response = await fetch(readyz)
  const { status, checks } = (await response.json()) as any
  expect([response.status, status]).toEqual([503, 'unhealthy'])
  expect(checks.catalog).toMatchObject({ status: 'unhealthy', detail: 'connection failed' })
  for (const name of ['postgres', 'redis', 'disk']) {
    expect(checks[name].status, name).not.toBe('unhealthy')
    expect(checks[name].duration_ms, name).toBeGreaterThan(0)
  }

  child.kill('SIGINT')
  expect(await exited).toBe(0)
  await expect(fetch(readyz)).rejects.toThrow('fetch failed')
  await expect(fetch(control)).rejects.toThrow('fetch failed')
})

test.each([
  ['--port', '--control-port', '--port 8080'],
  ['--control-port', '--port', '--control-port 8081'],
])('a port that is taken is a clear error (%s)', async (flag, other, instead) => {
  const { port, close } = await startServer(() => {})
  onTestFinished(close)
  const { exited, errors } = await start(flag, String(port), other, '0')
  expect(await exited).toBe(1)
  expect(errors()).toBe(
    `allclear: port ${port} is taken; end what listens there, or choose another: npm start -- ${instead}\n`,
  )
})

test.each([
  [['--port', 'abc'], '--port: expected a port number from 0 to 65535, received "abc"'],
  [['--control-port', '1e9'], '--control-port: expected a port number from 0 to 65535, received "1e9"'],
  [['--port', '8788'], '--port and --control-port: both are 8788'],
  [['--regions', 'mars'], '--regions: no region is named "mars"; known: wnam, '],
  [['--regions', 'weur,weur'], '--regions: a region stands there twice'],
])('%j is a clear error', async (args, error) => {
  const { exited, errors } = await start(...args)
  expect(await exited).toBe(1)
  expect(errors()).toContain(error)
})
