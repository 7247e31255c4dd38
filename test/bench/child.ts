import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { atExit } from './at-exit.ts'

/** Runs a module of this folder in a process of its own, and gives what it tells. It ends with this one. */
export async function startChild<T>(file: string, env: Readonly<Record<string, string>> = {}): Promise<T> {
  const child = fork(join(import.meta.dirname, file), {
    env: { ...process.env, NODE_ENV: 'production', ...env },
    // Standard output is the table's.
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

/** In the child: tells that it is ready. Where the parent was killed nobody is left to end this. */
export function tell(message: unknown): void {
  process.once('disconnect', () => process.exit())
  process.send?.(message)
}
