/** One sample of the Prometheus text format. */
export interface Sample {
  readonly name: string
  readonly labels: ReadonlyMap<string, string>
  readonly value: number
}

const NAME = /\s*([a-zA-Z_:][\w:]*)\s*/y
const LABEL = /\s*([a-zA-Z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*/y
/** The value, and a timestamp that may follow. */
const VALUE = /\s*(\S+)(?:\s+-?[\d.]+)?\s*$/y
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i
const WORDS: Readonly<Record<string, number>> = {
  nan: NaN,
  inf: Infinity,
  '+inf': Infinity,
  '-inf': -Infinity,
  infinity: Infinity,
  '+infinity': Infinity,
  '-infinity': -Infinity,
}

/** Reads one line. Gives `undefined` for a comment, an empty line and anything else that is no sample. */
export function parseSample(line: string): Sample | undefined {
  const name = take(NAME, line, 0)
  if (name === undefined) return undefined
  const labels = new Map<string, string>()
  let { end } = name
  if (line[end] === '{') {
    do {
      // The first turn skips the brace, the others a comma. A comma may also come last.
      end += 1
      const label = take(LABEL, line, end)
      if (label === undefined) break
      labels.set(label.found, unescape(label.rest))
      end = label.end
    } while (line[end] === ',')
    while (line[end] === ' ' || line[end] === '\t') end += 1
    if (line[end] !== '}') return undefined
    end += 1
  } else if (!/\s/.test(line[end - 1] ?? '')) {
    return undefined
  }
  const value = numberIn(take(VALUE, line, end)?.found)
  return value === undefined ? undefined : { name: name.found, labels, value }
}

interface Taken {
  readonly found: string
  readonly rest: string
  readonly end: number
}

function take(pattern: RegExp, line: string, at: number): Taken | undefined {
  pattern.lastIndex = at
  const match = pattern.exec(line)
  return match === null ? undefined : { found: match[1] ?? '', rest: match[2] ?? '', end: pattern.lastIndex }
}

function unescape(text: string): string {
  return text.replace(/\\(.)/g, (escape, letter: string) => {
    if (letter === 'n') return '\n'
    return letter === '\\' || letter === '"' ? letter : escape
  })
}

function numberIn(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const word = text.toLowerCase()
  if (Object.hasOwn(WORDS, word)) return WORDS[word]
  // `Number` alone reads an empty text as 0, and accepts spellings that the format does not have.
  return NUMBER.test(text) ? Number(text) : undefined
}
