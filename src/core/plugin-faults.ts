import type { ConfigFault } from './config-error.ts'
import type { Format, Plugin, Reader } from './plugin.ts'
import { faultsIn, isFunction, isRecord, options } from './schema.ts'

const SHAPE =
  'expected needs: [name], formats: [{ name, render }], and readers: [{ path, answer }] with paths that begin with /'

/** The paths and formats of Allclear itself, which no plugin can claim. */
export const OWN_CLAIMS: readonly string[] = [
  'path /healthz',
  'path /livez',
  'path /readyz',
  'path /readyz/:name',
  'path /startupz',
  'path /metrics',
  'format json',
]

/** Everything that is wrong with the plugins of a definition, and with what they ask for together. */
export function pluginFaults(plugins: unknown = []): ConfigFault[] {
  if (!Array.isArray(plugins)) return [{ path: 'plugins', message: 'expected an array of plugins' }]
  const claims: (readonly [claim: string, holder: string])[] = OWN_CLAIMS.map((claim) => [
    claim,
    'Allclear itself',
  ])
  return plugins.flatMap((plugin: unknown, index): ConfigFault[] => {
    if (!isPlugin(plugin)) {
      return [{ path: `plugins.${index}`, message: 'expected a plugin, such as its factory gives' }]
    }
    const { name, entries, needs = [] } = plugin
    const path = `plugins.${name}`
    const readers = listed<Reader>(plugin.readers, isReader)
    const formats = listed<Format>(plugin.formats, isFormat)
    const isWhole = readers !== undefined && formats !== undefined && Array.isArray(needs)
    if (!isWhole) return [{ path, message: SHAPE }]
    const missing = needs.filter(
      (needed) => !plugins.some((other) => isPlugin(other) && other.name === needed),
    )
    const wanted = [
      ...readers.map((reader) => `path ${reader.path}`),
      ...formats.map((format) => `format ${format.name}`),
    ]
    const taken = wanted.flatMap((claim) =>
      claims
        .filter(([held]) => overlaps(claim, held))
        .map(([, holder]) => ({ path, message: `claims the ${claim}, which ${holder} has` })),
    )
    claims.push(...wanted.map((claim) => [claim, `the plugin ${name}`] as const))
    return [
      ...faultsIn(options(entries), plugin.options, ['plugins', name]),
      ...missing.map((needed) => ({ path, message: `needs the plugin ${needed}, which is not there` })),
      ...taken,
    ]
  })
}

function isPlugin(input: unknown): input is Plugin {
  return isRecord(input) && typeof input['name'] === 'string' && isRecord(input['entries'])
}

function listed<T>(
  list: unknown = [],
  isOne: (one: Record<string, unknown>) => boolean,
): readonly T[] | undefined {
  return Array.isArray(list) && list.every((one) => isRecord(one) && isOne(one)) ? list : undefined
}

function isReader({ path, answer }: Record<string, unknown>): boolean {
  return typeof path === 'string' && path.startsWith('/') && isFunction(answer)
}

function isFormat({ name, render }: Record<string, unknown>): boolean {
  return typeof name === 'string' && isFunction(render)
}

/** Whether some request would be for both: a part of a path that varies, `:name`, is any. */
function overlaps(a: string, b: string): boolean {
  const [left, right] = [a.split('/'), b.split('/')]
  return (
    left.length === right.length &&
    left.every((part, index) => part === right[index] || `${part[0]}${right[index]?.[0]}`.includes(':'))
  )
}
