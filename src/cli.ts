#!/usr/bin/env node
import { Console } from 'node:console'
import { setTimeout as sleep } from 'node:timers/promises'
import { FAULT, INTERRUPTED, complain, fault } from './cli/exit.ts'
import type { Io } from './cli/io.ts'
import { run } from './cli/run.ts'
import { describe } from './probe/check.ts'
import { systemClock } from './probe/clock.ts'
import { redactor } from './probe/redact.ts'

const enough = new AbortController()

const io: Io = {
  cwd: process.cwd(),
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  clock: systemClock,
  fetch: (url, init) => fetch(url, init),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => {}),
  signal: enough.signal,
}

function complainOf(error: unknown): void {
  complain(io, redactor(process.env)(describe(error)))
}

function onSignal(): void {
  // A second one does not wait.
  if (enough.signal.aborted) process.exit(INTERRUPTED)
  enough.abort()
}

/** Ends at once, though a check may hold a socket open, but not before all that was written is out. */
function exit(code: number): void {
  process.exitCode = code
  process.stdout.write('', () => process.stderr.write('', () => process.exit()))
}

process.on('SIGINT', onSignal)
process.on('SIGTERM', onSignal)
// Whoever reads may have read enough, as `head` does; the exit code counts all the same.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => enough.abort())
// What a check left behind throws when nobody listens any more is no reason to end.
process.on('uncaughtException', complainOf)
// Node's remarks on how a config is written are nothing to act on.
process.removeAllListeners('warning')
// What a config or a check logs must not come between the lines of a report.
Object.assign(console, new Console(process.stderr, process.stderr))

/** npx asks nobody for the version of Node that a package says it needs. */
async function start(): Promise<number> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 12)) return run(process.argv.slice(2), io)
  return fault(io, `Node 22.12 or newer is needed; this is ${process.versions.node}`)
}

start().then(exit, (error: unknown) => {
  complainOf(error)
  exit(FAULT)
})
