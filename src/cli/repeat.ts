import { EXIT, INTERRUPTED, complain } from './exit.ts'
import { type Look, frame, tableOptions } from './frame.ts'
import { type Io, orAborted } from './io.ts'
import { progress } from './progress.ts'
import { visibleJson } from './text.ts'

/** Gets one report and announces its progress through `say`. */
export type Looker = (say: (text: string) => void) => Promise<Look>

/** How a report is shown, and how often. */
export interface ShowOptions {
  readonly json: boolean
  readonly watch: boolean
  readonly intervalMs: number
}

/** Moves the cursor to the top and erases the screen. */
const CLEAR = '\u001b[H\u001b[J'

/** Shows one report, or in a watch one after the other until the signal aborts. Gives the exit code of the last one. */
export async function repeat(look: Looker, options: ShowOptions, io: Io): Promise<number> {
  let code = INTERRUPTED
  while (!io.signal.aborted) {
    const { say, end } = progress(io)
    const seen = await orAborted(io.signal, look(say)).finally(end)
    if (seen === undefined) break
    show(seen, options, io)
    code = 'error' in seen ? EXIT.unknown : (seen.exit ?? EXIT[seen.report.status])
    if (!options.watch) break
    await orAborted(io.signal, io.sleep(options.intervalMs, io.signal))
  }
  return code
}

function show(seen: Look, options: ShowOptions, io: Io): void {
  const { stdout } = io
  if (options.json) {
    // A watch writes one line per report.
    if (!('error' in seen)) stdout.write(`${visibleJson(seen.report, options.watch ? 0 : 2)}\n`)
  } else {
    stdout.write(drawn(seen, options, io))
  }
  if ('error' in seen) complain(io, seen.error)
}

function drawn(seen: Look, { watch, intervalMs }: ShowOptions, { stdout, clock }: Io): string {
  const lines = 'error' in seen ? [] : frame(seen, stdout)
  if (!watch) return lines.map((line) => `${line}\n`).join('')
  const { paint } = tableOptions(stdout)
  const title = paint('dim', `${new Date(clock.now()).toISOString()}, every ${intervalMs / 1000} s`)
  // On a terminal each frame replaces the one before.
  if (stdout.isTTY !== true) return [title, ...lines, '', ''].join('\n')
  return CLEAR + [title, '', ...fitted(lines, stdout.rows || Infinity), ''].join('\n')
}

/** A frame that is taller than the screen would scroll, so lines are cut, but never the last one. */
function fitted(lines: readonly string[], rows: number): readonly string[] {
  const room = Math.max(3, rows - 4)
  if (lines.length <= room) return lines
  const left = lines.length - room + 2
  return [...lines.slice(0, room - 2), `… and ${left} lines more`, ...lines.slice(-1)]
}
