import type { Status } from '../core/status.ts'
import type { Io } from './io.ts'
import { clean } from './text.ts'

/** The exit code of each status, which may be all that a pipeline reads. `unknown` must not let it pass. */
export const EXIT: Readonly<Record<Status, number>> = { healthy: 0, degraded: 2, unhealthy: 1, unknown: 1 }

/** The exit code of a fault in the config or the command line. */
export const FAULT = 3

/** The exit code of Ctrl-C before the first report, by the convention of shells. */
export const INTERRUPTED = 130

/** A line may list every known check, so it may be long. */
const MAX_LENGTH = 2000

/** Writes one line for each fault. */
export function complain({ stderr }: Io, ...lines: readonly string[]): void {
  stderr.write(lines.map((line) => `allclear: ${clean(line, MAX_LENGTH)}\n`).join(''))
}

/** Writes the faults of the config or the command line, and gives the exit code for them. */
export function fault(io: Io, ...lines: readonly string[]): number {
  complain(io, ...lines)
  return FAULT
}
