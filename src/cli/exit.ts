import type { Status } from '../core/status.ts'
import type { Io } from './io.ts'
import { clean } from './text.ts'

/** Statuses in exit codes: a pipeline may read nothing else. What is not proven must not let anything pass. */
export const EXIT: Readonly<Record<Status, number>> = { healthy: 0, degraded: 2, unhealthy: 1, unknown: 1 }

/** A fault of the config or of the command line. */
export const FAULT = 3

/** Ctrl-C before anything was known, as shells have it. */
export const INTERRUPTED = 130

/** A line may name all there is to choose from, so it may be long. */
const MAX_LENGTH = 2000

/** Says what is wrong, one line each. */
export function complain({ stderr }: Io, ...lines: readonly string[]): void {
  stderr.write(lines.map((line) => `allclear: ${clean(line, MAX_LENGTH)}\n`).join(''))
}

/** Says what is wrong with the config or the command line. */
export function fault(io: Io, ...lines: readonly string[]): number {
  complain(io, ...lines)
  return FAULT
}
