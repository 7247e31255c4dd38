import type { Health } from '../core/define.ts'
import type { CheckReport } from '../core/report.ts'

/** The checks that are wanted. */
export interface Choice {
  readonly isWanted: (check: CheckReport) => boolean
}

/** Which checks a query asks for, or what is wrong with it. */
export type Selection = { readonly error: string } | Choice

/** Reads `?only=a,b`, `?exclude=a,b` and `?tag=x,y` against the checks that count for readiness. */
export function selection(health: Health<never>, query: (key: string) => readonly string[]): Selection {
  const list = (key: string): readonly string[] | undefined => {
    const values = query(key)
    return values.length === 0 ? undefined : values.flatMap(words)
  }
  const names = Object.keys(health.checks)
  const tags = [...new Set(Object.values(health.checks).flatMap(({ policy }) => policy.tags))]
  const [only, exclude, tag] = [list('only'), list('exclude'), list('tag')]
  for (const [key, given, known] of [
    ['only', only, names],
    ['exclude', exclude, names],
    ['tag', tag, tags],
  ] as const) {
    const unknown = given?.find((word) => !known.includes(word))
    if (unknown !== undefined) {
      const what = key === 'tag' ? 'tag' : 'check'
      return {
        error: `${key}: no ${what} is named ${JSON.stringify(unknown)}; known: ${known.join(', ') || 'none'}`,
      }
    }
  }
  const isWanted = ({ name, policy }: Pick<CheckReport, 'name' | 'policy'>): boolean =>
    policy.probes.includes('ready') &&
    (only?.includes(name) ?? true) &&
    !exclude?.includes(name) &&
    (tag?.some((word) => policy.tags.includes(word)) ?? true)
  const isFiltered = (only ?? exclude ?? tag) !== undefined
  const leavesNone = !Object.entries(health.checks).some(([name, { policy }]) => isWanted({ name, policy }))
  return isFiltered && leavesNone
    ? { error: 'the query leaves no check that counts for readiness' }
    : { isWanted }
}

function words(list: string): string[] {
  return list
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
}
