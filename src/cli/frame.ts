import { styleText } from 'node:util'
import type { JsonReport } from '../formats/json.ts'
import { clean } from './text.ts'
import type { Output } from './io.ts'
import { type TableOptions, painted, table, tally } from './table.ts'

/** What one look came to. */
export type Look = Sight | { readonly error: string }

export interface Sight {
  readonly report: JsonReport
  /** Who it is about. */
  readonly name: string
  /** When that was, or how long it took: `checked in 132 ms`. */
  readonly when: string
}

/** The report in lines: its table, and last the status of the whole, which a prompt comes after. */
export function frame({ report, name, when }: Sight, stdout: Output): string[] {
  const options = tableOptions(stdout)
  const count = tally(report, options)
  const whole = `${clean(name)} is ${painted(report.status, options)}${count && ` (${count})`}`
  return [...table(report, options), [whole, when].filter(Boolean).join(', ')]
}

/** Colour and width are the terminal's: a pipe gets plain lines as long as they are. */
export function tableOptions(stdout: Output): TableOptions {
  return {
    // One style at a time: of several Node 22.12 makes colour for a pipe, too.
    paint: (style, text) => styleText(style, text, { stream: stdout }),
    columns: stdout.columns ?? Infinity,
  }
}
