#!/usr/bin/env node
import { Console } from 'node:console'
import { setTimeout as sleep } from 'node:timers/promises'
import { FAULT, INTERRUPTED, complain, fault } from './cli/exit.ts'
import type { Io } from './cli/io.ts'
import { run } from './cli/run.ts'
import { systemClock } from './drivers/clock.ts'
import { reasonOf } from './probe/secrets.ts'

const interruption = new AbortController()

const io: Io = {
  cwd: process.cwd(),
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  clock: systemClock,
  fetch: (url, init) => fetch(url, init),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => {}),
  signal: interruption.signal,
}

function complainOf(error: unknown): void {
  complain(io, reasonOf(error, process.env))
}

function onSignal(): void {
  // A second signal ends the process at once.
  if (interruption.signal.aborted) process.exit(INTERRUPTED)
  interruption.abort()
}

/** Flushes the output and ends, even if a check still holds a socket open. */
function exit(code: number): void {
  process.exitCode = code
  process.stdout.write('', () => process.stderr.write('', () => process.exit()))
}

process.on('SIGINT', onSignal)
process.on('SIGTERM', onSignal)
// A reader such as `head` may close the pipe early. The exit code still counts.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => interruption.abort())
// A check that was left behind may throw later, which must not end the process.
process.on('uncaughtException', complainOf)
// The author of a config need not act on Node's warnings about its syntax.
process.removeAllListeners('warning')
// The logs of a config or a check must not come between the lines of a report.
Object.assign(console, new Console(process.stderr, process.stderr))

/** npx does not enforce the version of Node that a package needs, so it is checked here. */
async function start(): Promise<number> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 12)) return run(process.argv.slice(2), io)
  return fault(io, `Node 22.12 or newer is needed; this is ${process.versions.node}`)
}

start().then(exit, (error: unknown) => {
  complainOf(error)
  exit(FAULT)
})
