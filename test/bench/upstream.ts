import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { atExit } from './at-exit.ts'

/** The dependency of every check in the benches. `/after/MS` answers 200 after that many milliseconds. */
export interface Upstream {
  readonly origin: string
  /** Counts the requests of the checks so far. */
  readonly hits: () => Promise<number>
}

/** Starts the upstream as a process of its own, so that it takes no time from the measuring client. */
export async function startUpstream(): Promise<Upstream> {
  const child = fork(import.meta.filename)
  atExit(() => child.kill('SIGKILL'))
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`the upstream ended with ${code}`)
  })
  const [port] = (await Promise.race([once(child, 'message'), failed])) as [number]
  const origin = `http://127.0.0.1:${port}`
  return { origin, hits: async () => Number(await (await fetch(`${origin}/hits`)).text()) }
}

async function serve(): Promise<void> {
  let hits = 0
  const server = createServer(({ url = '/' }, response) => {
    if (url === '/hits') return void response.end(String(hits))
    hits += 1
    setTimeout(() => response.end(), Number(/^\/after\/(\d+)$/.exec(url)?.[1]))
  })
  // A check would fail if it reused a connection just as the server closes it.
  server.keepAliveTimeout = 0
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  process.send?.((server.address() as AddressInfo).port)
  // A killed parent cannot end this process, but it disconnects.
  process.once('disconnect', () => process.exit())
}

if (import.meta.main) await serve()
