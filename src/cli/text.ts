import { stripVTControlCharacters } from 'node:util'
import sliceAnsi from 'slice-ansi'
import stringWidth from 'string-width'
import wrapAnsi from 'wrap-ansi'

const MAX_COLUMNS = 300

/** Control and format characters (such as bidirectional overrides), line separators, and unassigned code points. */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]+/gu
/** More marks on one character than any language uses. A terminal draws them over the neighbouring lines. */
const PILED_MARKS = /(\p{M}{4})\p{M}+/gu

/**
 * Makes text from elsewhere safe to print: one line that cannot control the terminal.
 *
 * @param columns The line is cut to this width. Default 300.
 */
export function clean(text: string, columns: number = MAX_COLUMNS): string {
  // The length is bounded first, because removing escape sequences can take quadratic time.
  const visible = stripVTControlCharacters(text.slice(0, columns * 10))
    .replace(INVISIBLE, ' ')
    .replace(PILED_MARKS, '$1')
    .replace(/\s+/g, ' ')
    .trim()
  return cut(visible, columns)
}

/** JSON with every invisible character escaped, so that none can turn the direction of writing or act on a terminal. */
export function visibleJson(value: unknown, indent: number): string {
  return JSON.stringify(value, null, indent).replace(INVISIBLE, (found) =>
    found.replace(/[^\n]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  )
}

/** Counts the columns that a text takes on a terminal. */
export function width(text: string): number {
  return stringWidth(text)
}

/** Fills a text with blanks up to a width. */
export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - width(text)))
}

/** Cuts a text to a width, and marks the cut with an ellipsis. */
export function cut(text: string, columns: number): string {
  return width(text) <= columns ? text : `${sliceAnsi(text, 0, columns - 1)}…`
}

/** Breaks a text into lines, at blanks where possible. An empty text has no lines. */
export function wrap(text: string, columns: number): string[] {
  return text === '' ? [] : wrapAnsi(text, columns, { hard: true }).split('\n')
}
