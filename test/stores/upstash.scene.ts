import { spawnSync } from 'node:child_process'
import { vi } from 'vitest'
import type { LocalUpstash } from '../../src/local/upstash.ts'
import type { UpstashKeyOptions } from '../../src/stores/upstash-key.ts'
import { inCi } from '../ci.ts'

const installed = spawnSync('redis-server', ['--version']).status === 0

/** The real one where it is on the machine. With CI set a missing one has to fail, so nothing stands in for it. */
export const engine: 'redis-server' | 'memory' = installed || inCi ? 'redis-server' : 'memory'

/** The real one, and the one for machines without it. */
export const engines = [...new Set([engine, 'memory'] as const)]

/** Sends one command as it is, past the store. */
export async function command({ url, token }: LocalUpstash, ...words: unknown[]): Promise<any> {
  const headers = { authorization: `Bearer ${token}` }
  const answer: any = await (
    await fetch(url, { method: 'POST', headers, body: JSON.stringify(words) })
  ).json()
  if (answer.error !== undefined) throw new Error(answer.error)
  return answer.result
}

/** The surroundings of a key: no jitter, pauses that are over at once and are noted, and time that only they move. */
export function stillTime(): Pick<UpstashKeyOptions<never>, 'elapsed' | 'random' | 'sleep'> & {
  readonly slept: number[]
} {
  const slept: number[] = []
  return {
    slept,
    elapsed: () => slept.reduce((sum, ms) => sum + ms, 0),
    random: () => 0,
    sleep: async (ms) => void slept.push(ms),
  }
}

/** The names of the commands that are sent from now on, and a hook that can get in before each. */
export function watchCommands(before: (name: string) => unknown = () => {}): string[] {
  const sent: string[] = []
  const send = globalThis.fetch
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const [name] = JSON.parse(init?.body as string) as [string]
    await before(name)
    sent.push(name)
    return send(input, init)
  })
  return sent
}
