/** An instruction, its continued lines joined. */
export interface Instruction {
  /** In capitals: `COPY`. */
  readonly name: string
  /** What stands before the rest as `--from=x`. */
  readonly flags: Readonly<Record<string, string>>
  /** The words after the flags, and after the CMD of a HEALTHCHECK; those of a JSON array, where it is one. */
  readonly words: readonly string[]
  /** Whether they are a JSON array, which no shell stands before. */
  readonly isExec: boolean
}

export interface Stage {
  readonly image: string
  readonly name: string | undefined
  readonly instructions: readonly Instruction[]
}

const NAMES = new Set(['FROM', 'ENV', 'WORKDIR', 'COPY', 'RUN', 'USER', 'EXPOSE', 'HEALTHCHECK', 'CMD'])

/**
 * Reads as much of the format as deploy/Dockerfile uses: comments, lines continued by a backslash, flags, and arguments
 * as words or as a JSON array. An instruction that it does not know is an error.
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

/** What is left out of a build, as a .dockerignore says it: of the patterns `*`, a path, and `!` before one. */
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
