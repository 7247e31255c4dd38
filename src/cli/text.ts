import { stripVTControlCharacters } from 'node:util'

const MAX_LENGTH = 300

/** Controls, formats such as those that turn the direction of writing, halves of characters, and what is no character. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]+/gu
/** More marks on one character than any language has: they would be drawn over the lines around. */
const PILED_MARKS = /(\p{M}{4})\p{M}+/gu

// oxlint-disable-next-line no-control-regex -- all that has one column a character
const ASCII = /^[\u0000-\u007f]*$/
const WIDE =
  /^(?![\uff61-\uffdc])(?:\p{Emoji_Presentation}|.\ufe0f|[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Bopomofo}\p{sc=Yi}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6])/u
const MARK = /^\p{M}/u

/** What someone else said as one short line: nothing is left in it that a terminal would obey. */
export function clean(text: string, most: number = MAX_LENGTH): string {
  const seen = stripVTControlCharacters(text.slice(0, most * 10))
    .replace(UNSEEN, ' ')
    .replace(PILED_MARKS, '$1')
    .replace(/\s+/g, ' ')
    .trim()
  return seen.length > most ? `${seen.slice(0, most - 1).toWellFormed()}…` : seen
}

/** How many columns of a terminal a text takes. */
export function width(text: string): number {
  if (ASCII.test(text)) return text.length
  return graphemes(text).reduce((sum, grapheme) => sum + widthOf(grapheme), 0)
}

/** The text with blanks to fill so many columns. */
export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - width(text)))
}

/** The text, cut to so many columns. */
export function cut(text: string, columns: number): string {
  return width(text) <= columns ? text : `${take(text, columns - 1)}…`
}

/** The text in lines of at most so many columns, broken at blanks where it can be. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (width(longer) <= columns) {
      line = longer
      continue
    }
    if (line !== '') lines.push(line)
    line = word
    while (width(line) > columns) {
      const piece = take(line, columns) || graphemes(line)[0] || ''
      lines.push(piece)
      line = line.slice(piece.length)
    }
  }
  return line === '' ? lines : [...lines, line]
}

/** As much of the text, from its beginning, as fits. */
function take(text: string, columns: number): string {
  let taken = ''
  let used = 0
  for (const grapheme of graphemes(text)) {
    used += widthOf(grapheme)
    if (used > columns) break
    taken += grapheme
  }
  return taken
}

function graphemes(text: string): string[] {
  return Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment)
}

function widthOf(grapheme: string): number {
  if (WIDE.test(grapheme)) return 2
  return MARK.test(grapheme) ? 0 : 1
}
