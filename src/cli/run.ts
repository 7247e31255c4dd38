import { commandOf } from './args.ts'
import { FAULT, fault } from './exit.ts'
import { help } from './help.ts'
import type { Io } from './io.ts'
import { version } from './version.ts'

/** Does what a command line asks for, and gives the exit code. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const command = commandOf(args)
  // Each command is loaded alone: a probe by `poll` every few seconds has no use for the drivers.
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
