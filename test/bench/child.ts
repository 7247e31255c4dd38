import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { atExit } from './at-exit.ts'

/** Runs a module of this folder as a child process, and gives its first message. The child ends with this process. */
export async function startChild<T>(file: string, env: Readonly<Record<string, string>> = {}): Promise<T> {
  const child = fork(join(import.meta.dirname, file), {
    env: { ...process.env, NODE_ENV: 'production', ...env },
    // Standard output is reserved for the table.
    stdio: ['ignore', process.stderr, 'inherit', 'ipc'],
  })
  atExit(() => child.kill('SIGKILL'))
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`${file} ended with ${code}`)
  })
  const [told] = (await Promise.race([once(child, 'message'), failed])) as [T]
  failed.catch(() => {})
  return told
}

/** Called in the child: sends its message. The child also ends when a killed parent disconnects. */
export function tell(message: unknown): void {
  process.once('disconnect', () => process.exit())
  process.send?.(message)
}
