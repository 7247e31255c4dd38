import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { createMemoryRedis } from './memory-redis.ts'

/** A reply of Redis before any encoding. */
export type Reply = string | number | null | Uint8Array | readonly Reply[]

/** The reply to one command, or its error. */
export type Outcome = { readonly result: Reply } | { readonly error: string }

/** The Redis that runs the commands. */
export interface RedisEngine {
  readonly name: 'redis-server' | 'memory'
  readonly run: (command: readonly string[]) => Promise<Outcome>
  /** Runs the commands atomically. It gives one error where Redis discards them all. */
  readonly transact: (
    commands: readonly (readonly string[])[],
  ) => Promise<readonly Outcome[] | { error: string }>
  readonly close: () => Promise<void>
}

/** Starts an engine. `auto` is redis-server, or memory where that does not start. */
export async function startRedis(engine: 'auto' | 'redis-server' | 'memory'): Promise<RedisEngine> {
  if (engine === 'memory') return createMemoryRedis()
  return await startRedisServer().catch((error: unknown) => {
    if (engine === 'auto') return createMemoryRedis()
    throw error
  })
}

async function startRedisServer(): Promise<RedisEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'allclear-redis-'))
  const socket = join(folder, 'redis.sock')
  // A socket file in a folder of our own avoids races for a port, and other users cannot reach it.
  const flags = ['--port', '0', '--unixsocket', socket, '--dir', folder, '--save', '', '--appendonly', 'no']
  const child = spawn('redis-server', flags, { stdio: ['ignore', 'pipe', 'ignore'] })
  const guard = child.pid === undefined ? undefined : startGuard(child.pid, folder)
  // The guard must not kill a process that has exited, because its id may belong to another process by then.
  child.once('exit', () => guard?.kill('SIGKILL'))

  const stop = async (): Promise<void> => {
    await end(child)
    await end(guard)
    await rm(folder, { recursive: true, force: true })
  }

  try {
    await listening(child)
  } catch (error) {
    await stop()
    throw error
  }
  return connect(socket, stop)
}

/**
 * Starts a process that kills the server once this process has ended. It notices by its pipe, which closes even where a
 * killed test runner runs no handlers.
 */
function startGuard(server: number, folder: string): ChildProcess {
  const script = 'read _; kill -9 "$1"; rm -rf "$2"'
  const guard = spawn('sh', ['-c', script, 'sh', String(server), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Ctrl-C goes to the whole process group and would end the guard first.
    detached: true,
  })
  return guard.on('error', () => {})
}

async function end(child: ChildProcess | undefined): Promise<void> {
  // A child that never started, or has exited, emits no exit event.
  if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}

function listening(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = ''
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`redis-server ended with code ${code}: ${said}`)))
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2000)
      if (/ready to accept connections/i.test(said)) resolve()
    })
  })
}

function connect(path: string, stop: () => Promise<void>): RedisEngine {
  const client = new Redis({ path, maxRetriesPerRequest: 0 })
  // Each command rejects by itself. Without a listener ioredis also prints the error.
  client.on('error', () => {})

  return {
    name: 'redis-server',
    run: ([name = '', ...args]) => client.callBuffer(asIs(name), ...args).then(succeeded, failed),
    transact: async (commands) => {
      const transaction = client.multi()
      for (const [name = '', ...args] of commands) transaction.callBuffer(asIs(name), ...args)
      return await transaction
        .exec()
        .then((replies) =>
          (replies ?? []).map(([error, reply]) => (error ? failed(error) : succeeded(reply))),
        )
        .catch(failed)
    },
    close: async () => {
      client.disconnect()
      await stop()
    },
  }
}

/** In capitals, since ioredis transforms the arguments and replies of some commands by their lower-case names. */
function asIs(name: string): string {
  return name.toUpperCase()
}

function succeeded(reply: unknown): Outcome {
  return { result: reply as Reply }
}

function failed(error: unknown): { error: string } {
  return { error: (error as Error).message }
}
