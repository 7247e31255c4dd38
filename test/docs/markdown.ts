/** A fenced block of a Markdown file. */
export interface Block {
  /** The word after the fence: `ts`, `sh`, `json`. */
  readonly language: string
  readonly text: string
  /** The line of the opening fence, counted from 1. */
  readonly line: number
  /** The last line of prose before it. */
  readonly lead: string
}

/** A link of a Markdown file: `[words](target)`. */
export interface Link {
  readonly target: string
  readonly line: number
}

const FENCE = /^ *```(\w*)$/

/** Splits a text into its fenced blocks and its prose; in the prose each line of a block is empty. */
export function parseMarkdown(markdown: string): {
  readonly blocks: readonly Block[]
  readonly prose: readonly string[]
} {
  const blocks: Block[] = []
  const prose: string[] = []
  let open: { readonly language: string; readonly line: number; readonly lines: string[] } | undefined
  for (const [index, text] of markdown.split('\n').entries()) {
    const language = FENCE.exec(text)?.[1]
    prose.push(open === undefined && language === undefined ? text : '')
    if (open === undefined && language !== undefined) {
      open = { language, line: index + 1, lines: [] }
    } else if (open !== undefined && language === '') {
      blocks.push({
        language: open.language,
        text: `${open.lines.join('\n')}\n`,
        line: open.line,
        lead: prose.slice(0, open.line).findLast((line) => line !== '') ?? '',
      })
      open = undefined
    } else {
      open?.lines.push(text)
    }
  }
  if (open !== undefined) throw new Error(`the block of line ${open.line} does not end`)
  return { blocks, prose }
}

export function linksIn(prose: readonly string[]): Link[] {
  return prose.flatMap((text, index) =>
    [...withoutCode(text).matchAll(/\[[^\]]*\]\(([^)\s]+)\)/g)].map(([, target = '']) => ({
      target,
      line: index + 1,
    })),
  )
}

/** The anchors of the headings, as GitHub makes them. */
export function anchorsIn(prose: readonly string[]): string[] {
  const counts = new Map<string, number>()
  return prose.flatMap((text) => {
    const heading = /^#{1,6} +(.+?) *$/.exec(text)?.[1]
    if (heading === undefined) return []
    const slug = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-')
    const count = counts.get(slug) ?? 0
    counts.set(slug, count + 1)
    return [count === 0 ? slug : `${slug}-${count}`]
  })
}

function withoutCode(text: string): string {
  return text.replaceAll(/`[^`]*`/g, '')
}
