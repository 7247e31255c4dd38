import type { Status } from '../core/status.ts'
import type { JsonCheck, JsonRegion, JsonReport } from '../formats/json.ts'
import { clean, cut, pad, width, wrap } from './text.ts'

/** Styles a text if the output shows colours. */
export type Paint = (style: 'bold' | 'dim' | (typeof COLOURS)[Status], text: string) => string

/** How a table is drawn. */
export interface TableOptions {
  readonly paint: Paint
  /** The width of the terminal. `Infinity` turns cutting and wrapping off. */
  readonly columns: number
}

/** One line of a table, and a text for the lines under it. */
interface Row {
  readonly name: string
  readonly status: Status
  readonly time: string
  readonly say: string
  readonly below?: string | undefined
}

const COLOURS = { healthy: 'green', degraded: 'yellow', unhealthy: 'red', unknown: 'magenta' } as const

const GAP = '  '
const INDENT = '  '
/** The least width of the text under a row. */
const MIN_BELOW = 20
const MIN_NAME = 12
/** The columns that a long name leaves for status and duration. A detail that does not fit goes under the row. */
const BESIDE_NAME = 24

/** Draws the checks of a report, then its regions. */
export function table({ checks, regions }: JsonReport, options: TableOptions): string[] {
  return [
    ...grid(['CHECK', 'STATUS', 'DURATION', 'DETAIL'], Object.entries(checks).map(checkRow), options),
    ...grid(['REGION', 'STATUS', 'AGE', 'FROM'], Object.entries(regions ?? {}).map(regionRow), options),
  ]
}

/** Counts the checks by status: `3 healthy, 1 unhealthy`. */
export function tally({ checks }: JsonReport, { paint }: TableOptions): string {
  const statuses = Object.values(checks).map(({ status }) => status)
  return (['healthy', 'degraded', 'unhealthy', 'unknown'] as const)
    .map((status) => [status, statuses.filter((one) => one === status).length] as const)
    .filter(([, count]) => count > 0)
    .map(([status, count]) => paint(COLOURS[status], `${count} ${status}`))
    .join(', ')
}

/** Styles a status for the summary. */
export function painted(status: Status, { paint }: TableOptions): string {
  return paint('bold', paint(COLOURS[status], status))
}

/** Writes a duration for people: `12 ms`, `1.53 s`. */
export function duration(ms: number): string {
  if (ms >= 999.5) return `${Number((ms / 1000).toFixed(2))} s`
  return ms < 10 ? `${Number(ms.toFixed(1))} ms` : `${Math.round(ms)} ms`
}

function checkRow([name, check]: readonly [string, JsonCheck]): Row {
  const { status, critical, detail, error, breaker, observed, retry_at: retryAt } = check
  const measured = observed === undefined ? '' : `${Number(observed.value.toFixed(1))} ${observed.unit}`
  const until = retryAt === undefined ? '' : ` until ${retryAt.slice(11, 19)}Z`
  // Explains why this check does not make the report unhealthy.
  const excuse = status === 'healthy' || critical ? '' : ' (not critical)'
  const neverRan = breaker !== 'closed' || check.checked_at === null
  return {
    name,
    status,
    time: neverRan ? '-' : duration(check.duration_ms),
    say: (detail || measured) + until + excuse,
    below: error,
  }
}

function regionRow([name, { status, colo, age_ms: age }]: readonly [string, JsonRegion]): Row {
  return { name, status, time: age === null ? '-' : duration(age), say: colo ?? '' }
}

function grid(header: readonly string[], rows: readonly Row[], options: TableOptions): string[] {
  if (rows.length === 0) return []
  const { paint, columns } = options
  const most = Math.max(MIN_NAME, columns - BESIDE_NAME)
  const names = rows.map(({ name }) => cut(clean(name), most))
  const [nameHead = '', statusHead = '', timeHead = '', sayHead = ''] = header
  const widest = (texts: readonly string[]): number => Math.max(...texts.map(width))
  const first = widest([nameHead, ...names])
  const second = widest([statusHead, ...rows.map(({ status }) => status)])
  const third = widest([timeHead, ...rows.map(({ time }) => time)])
  const room = columns - (first + second + third + 3 * GAP.length)
  const line = (name: string, status: string, time: string, say: string): string =>
    [pad(name, first), status, time.padStart(third), say].join(GAP).trimEnd()
  const lines = rows.flatMap(({ status, time, say, below }, index) => {
    const said = clean(say)
    const fits = width(said) <= room
    return [
      line(names[index] ?? '', paint(COLOURS[status], pad(status, second)), time, fits ? said : ''),
      ...(fits ? [] : under(said, options)),
      ...(below === undefined ? [] : under(clean(below), options)),
    ]
  })
  return [paint('dim', line(nameHead, pad(statusHead, second), timeHead, sayHead)), ...lines, '']
}

function under(text: string, { paint, columns }: TableOptions): string[] {
  const lines = wrap(text, Math.max(MIN_BELOW, columns - INDENT.length))
  return lines.map((line) => INDENT + paint('dim', line))
}
