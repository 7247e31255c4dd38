import type { Figure } from './bench.ts'

const HEAD = ['figure', 'value', 'goal', 'holds', 'how sure'] as const

/** Renders the figures as a text table, with a mark at each missed goal. */
export function table(figures: readonly Figure[]): string {
  const rows = [HEAD, ...figures.map(cells)]
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const rule = widths.map((width) => '-'.repeat(width))
  const [head, ...body] = rows.map((row) => line(row, widths))
  return [head, line(rule, widths), ...body].join('\n')
}

function line(row: readonly string[], widths: readonly number[]): string {
  return row
    .map((cell, column) => cell.padEnd(widths[column] ?? 0))
    .join('  ')
    .trimEnd()
}

function cells({ name, value, unit = '', goal, note = '' }: Figure): readonly string[] {
  const digits = unit === 'requests/s' ? 0 : 2
  return [name, `${value.toFixed(digits)} ${unit}`.trimEnd(), ...judged(value, unit, goal), note]
}

function judged(value: number, unit: string, goal: Figure['goal']): readonly [string, string] {
  if (goal === undefined) return ['', '']
  return 'atLeast' in goal
    ? [`≥ ${goal.atLeast} ${unit}`.trimEnd(), value >= goal.atLeast ? 'yes' : 'NO']
    : [`≤ ${goal.atMost} ${unit}`.trimEnd(), value <= goal.atMost ? 'yes' : 'NO']
}
