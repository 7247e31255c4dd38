/** An instruction with its continued lines joined. */
export interface Instruction {
  /** In capitals: `COPY`. */
  readonly name: string
  /** The flags before the words, such as `--from=x`. */
  readonly flags: Readonly<Record<string, string>>
  /** The arguments after the flags, and in a HEALTHCHECK after its CMD. */
  readonly words: readonly string[]
  /** Whether the words were a JSON array, which runs without a shell. */
  readonly isExec: boolean
}

export interface Stage {
  readonly image: string
  readonly name: string | undefined
  readonly instructions: readonly Instruction[]
}

const NAMES = new Set(['FROM', 'ENV', 'WORKDIR', 'COPY', 'RUN', 'USER', 'EXPOSE', 'HEALTHCHECK', 'CMD'])

/**
 * Parses the part of the format that deploy/Dockerfile uses: comments, lines continued by a backslash, flags, and
 * arguments as words or as a JSON array. An unknown instruction is an error.
 */
export function parseDockerfile(text: string): readonly Stage[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.trimStart().startsWith('#'))
  const joined = lines.join('\n').replaceAll(/\\\n\s*/g, '')
  const stages: { image: string; name: string | undefined; instructions: Instruction[] }[] = []
  for (const line of joined.split('\n')) {
    const instruction = parse(line)
    if (instruction.name === 'FROM') {
      const [image = '', , name] = instruction.words
      stages.push({ image, name, instructions: [] })
    } else {
      const stage = stages.at(-1)
      if (stage === undefined) throw new Error(`before any FROM: ${line}`)
      stage.instructions.push(instruction)
    }
  }
  return stages
}

function parse(line: string): Instruction {
  const [, name = '', all = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? []
  if (!NAMES.has(name)) throw new Error(`unknown instruction: ${line}`)
  const [given = ''] = /^(?:--\S+\s+)*/.exec(all) ?? []
  const flags = Object.fromEntries(
    [...given.matchAll(/--([^=\s]+)=(\S+)/g)].map(([, key, value]) => [key, value]),
  )
  const rest = all.slice(given.length).replace(/^CMD\s+/, '')
  const isExec = rest.startsWith('[')
  return { name, flags, words: isExec ? (JSON.parse(rest) as string[]) : rest.split(/\s+/), isExec }
}

/** Makes the filter of a .dockerignore, for the patterns `*`, `path` and `!path`. */
export function ignoredBy(text: string): (path: string) => boolean {
  const rules = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return (path) => {
    const last = rules.findLast((rule) => {
      const pattern = rule.replace(/^!/, '')
      return pattern === '*' || path === pattern || path.startsWith(`${pattern}/`)
    })
    return last !== undefined && !last.startsWith('!')
  }
}
