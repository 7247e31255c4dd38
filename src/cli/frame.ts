import { styleText } from 'node:util'
import type { JsonReport } from '../formats/json.ts'
import { clean } from './text.ts'
import type { Output } from './io.ts'
import { type TableOptions, painted, table, tally } from './table.ts'

/** The result of one look: a report, or why there is none. */
export type Look = Sight | { readonly error: string }

/** A report, with its caption. */
export interface Sight {
  readonly report: JsonReport
  /** The name of the service. */
  readonly name: string
  /** When the report was made, or how long it took: `checked in 132 ms`. */
  readonly when: string
  /** The exit code, where the status of the report does not decide it. */
  readonly exit?: number | undefined
}

/** Writes a report as lines. The status of the whole comes last, next to the prompt. */
export function frame({ report, name, when }: Sight, stdout: Output): string[] {
  const options = tableOptions(stdout)
  const count = tally(report, options)
  const whole = `${clean(name)} is ${painted(report.status, options)}${count && ` (${count})`}`
  return [...table(report, options), [whole, when].filter(Boolean).join(', ')]
}

/** Takes colour and width from the terminal. Its width is 0 where it is not known. A pipe gets plain lines of any length. */
export function tableOptions(stdout: Output): TableOptions {
  return {
    // One style per call: with several, Node 22.12 writes colours into a pipe too.
    paint: (style, text) => styleText(style, text, { stream: stdout }),
    columns: stdout.columns || Infinity,
  }
}
