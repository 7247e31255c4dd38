import { commandOf } from './args.ts'
import { FAULT, fault } from './exit.ts'
import { help } from './help.ts'
import type { Io } from './io.ts'
import { version } from './version.ts'

/** Runs a command line and gives the exit code. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const command = commandOf(args)
  // Each command is loaded alone, because `poll` may run every few seconds and needs no drivers.
  switch (command.kind) {
    case 'check':
      return (await import('./check.ts')).check(command.options, io)
    case 'poll':
      return (await import('./poll.ts')).poll(command.options, io)
    case 'init':
      return (await import('./init.ts')).init(command.options, io)
    case 'help':
      io.stdout.write(help(command.topic))
      return 0
    case 'version':
      io.stdout.write(`${await version()}\n`)
      return 0
    case 'none':
      io.stderr.write(help(undefined))
      return FAULT
    case 'fault':
      return fault(io, command.error)
  }
}
