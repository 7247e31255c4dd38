import type { Status } from '../core/status.ts'
import type { Io } from './io.ts'
import { clean } from './text.ts'

/** The exit code of each status. A pipeline may read nothing else, so `unknown` must fail it. */
export const EXIT: Readonly<Record<Status, number>> = { healthy: 0, degraded: 2, unhealthy: 1, unknown: 1 }

/** The exit code of a fault in the config or the command line. */
export const FAULT = 3

/** The exit code of Ctrl-C before the first report, by the convention of shells. */
export const INTERRUPTED = 130

/** In characters. A line may list every known check. */
const MAX_LENGTH = 2000

/** Writes one line for each fault. */
export function complain({ stderr }: Io, ...lines: readonly string[]): void {
  stderr.write(lines.map((line) => `allclear: ${clean(line, MAX_LENGTH)}\n`).join(''))
}

/** Writes faults of the config or the command line and gives the exit code. */
export function fault(io: Io, ...lines: readonly string[]): number {
  complain(io, ...lines)
  return FAULT
}
