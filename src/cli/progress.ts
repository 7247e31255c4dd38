import type { Io, Output } from './io.ts'
import { clean, cut } from './text.ts'

/** A status line on a terminal: each text replaces the last. A pipe gets nothing. */
export interface Progress {
  readonly say: (text: string) => void
  /** Erases the line. Later texts are dropped, because a check may end after its report was shown. */
  readonly end: () => void
}

const ERASE = '\r\u001b[K'

/** Starts a status line on standard error. Whatever else is written to the terminal goes above it. */
export function progress({ stdout, stderr }: Pick<Io, 'stdout' | 'stderr'>): Progress {
  if (stderr.isTTY !== true) return { say: () => {}, end: () => {} }
  let line = ''
  let hasEnded = false
  /** Whether other output stopped in the middle of a line, which must not be erased. */
  let isMidLine = false
  const draw = stderr.write.bind(stderr) as (text: string) => boolean
  const onWrite = {
    before: () => void (line !== '' && !isMidLine && draw(ERASE)),
    after: (endsLine: boolean) => {
      isMidLine = !endsLine
      if (endsLine && line !== '') draw(line)
    },
  }
  const terminals = [...new Set([stdout, stderr])].filter((output) => output.isTTY === true)
  const unhooks = terminals.map((output) => hook(output, onWrite))
  return {
    say: (text) => {
      if (hasEnded) return
      // The last column stays free, because some terminals start a new line once it is filled.
      line = cut(clean(text), (stderr.columns || 80) - 1)
      draw((isMidLine ? '\n' : ERASE) + line)
      isMidLine = false
    },
    end: () => {
      if (hasEnded) return
      hasEnded = true
      for (const unhook of unhooks) unhook()
      draw(isMidLine ? '\n' : ERASE)
    },
  }
}

interface OnWrite {
  readonly before: () => void
  readonly after: (endsLine: boolean) => void
}

/** Watches the writes to an output by anyone, a check's `console.log` too, until the returned function is called. */
function hook(output: Output, { before, after }: OnWrite): () => void {
  const original = Reflect.get(output, 'write') as Output['write']
  output.write = (...args: unknown[]): boolean => {
    const [chunk] = args as [string | Uint8Array]
    const last = chunk.at(-1)
    if (last !== undefined) before()
    const isWritten = Reflect.apply(original, output, args)
    if (last !== undefined) after(last === '\n' || last === 0x0a)
    return isWritten
  }
  return () => {
    output.write = original
  }
}
