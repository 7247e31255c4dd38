import { defineHealth, http } from '../../src/index.ts'
import { onNode } from '../../src/node.ts'

interface Env {
  readonly UPSTREAM: string
}

/** A process that hosts a definition, for tests of how it ends. It says where it listens, and which signals came. */
const { url } = await onNode(
  defineHealth<Env>({
    // A round for nearly every poll, and no snapshot that is too old for a slow machine.
    ttlMs: 1,
    staleAfterMs: 60_000,
    deadlineMs: 60_000,
    checks: { upstream: http({ url: (env) => env.UPSTREAM, timeoutMs: 30_000 }) },
  }),
  { port: 0, hostname: '127.0.0.1', drainMs: Number(process.env['DRAIN_MS']) },
)
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => console.log(signal))
console.log(url)
