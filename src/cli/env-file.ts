import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import type { Io } from './io.ts'

export type EnvFile = { readonly env: Io['env'] } | { readonly error: string }

/** An assignment, a comment or an empty line. A value in quotes may take several lines. */
const ENTRY =
  /[ \t]*(?:(?:export[ \t]+)?[\w.-]+[ \t]*=[ \t]*(?:"[^"]*"|'[^']*'|`[^`]*`)?[^\n]*|#[^\n]*)?(?:\n|$)/y

/** Adds the variables of a file to a copy of the environment. A variable that exists already keeps its value. */
export async function withEnvFile(path: string, { cwd, env }: Pick<Io, 'cwd' | 'env'>): Promise<EnvFile> {
  let text: string
  try {
    text = (await readFile(resolve(cwd, path), 'utf8')).replace(/^\ufeff/, '').replaceAll('\r\n', '\n')
  } catch (error) {
    return { error: `--env-file: ${path}: ${reason(error as NodeJS.ErrnoException)}` }
  }
  const line = faultyLine(text)
  // The line is not shown, because it may hold a secret.
  if (line !== undefined) return { error: `--env-file: ${path}: line ${line}: expected NAME=VALUE` }
  const given = Object.entries(env).filter(([, value]) => value !== undefined)
  return { env: { ...parseEnv(text), ...Object.fromEntries(given) } }
}

/** Finds the number of the first line that parseEnv would skip silently. */
function faultyLine(text: string): number | undefined {
  ENTRY.lastIndex = 0
  for (let at = 0; at < text.length; at = ENTRY.lastIndex) {
    if (!ENTRY.test(text)) return text.slice(0, at).split('\n').length
  }
  return undefined
}

function reason({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return 'no such file'
  return code === 'EISDIR' ? 'this is no file' : message
}
