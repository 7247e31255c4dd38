/**
 * `npm run size`: a table of the bytes that each part of a definition adds to a Worker.
 */
import { gzipSync } from 'node:zlib'
import { type Entry, bundle } from './bundle.ts'

/** A definition and its size limit. Sizes are bytes after gzip. */
export interface SizeRow {
  readonly name: string
  /** The names that the definition imports from `src/index.ts`. */
  readonly imports: readonly string[]
  /** The options of `defineHealth`, as source. */
  readonly options: string
  /** The libraries that the definition brings into the bundle. */
  readonly drivers?: readonly (keyof typeof DRIVERS)[]
  /** The limit of Allclear's own part, without Hono and drivers. */
  readonly most: number
}

export interface Size extends SizeRow {
  /** The whole Worker. */
  readonly total: number
  /** The part without Hono and drivers. */
  readonly own: number
}

const DRIVERS = {
  neon: `import { NeonDbError, neon, neonConfig } from '@neondatabase/serverless'\nuse(NeonDbError, neon, neonConfig)`,
  upstash: `import { Redis } from '@upstash/redis/cloudflare'\nuse(Redis)`,
} as const

const CATALOG = `catalog: http({ url: 'https://catalog.example.com/healthz' })`

const one = (kind: string, options: string): Pick<SizeRow, 'name' | 'imports' | 'options'> => ({
  name: `one ${kind} check`,
  imports: [kind],
  options: `checks: { it: ${kind}(${options}) }`,
})

export const ROWS: readonly SizeRow[] = [
  { ...one('http', `{ url: 'https://catalog.example.com/healthz' }`), most: 22_000 },
  { ...one('custom', 'async () => {}'), most: 19_400 },
  { ...one('disk', `{ url: 'https://db.example.com/metrics' }`), most: 21_400 },
  { ...one('postgres', '{ url: (env) => env.DATABASE_URL }'), drivers: ['neon'], most: 21_700 },
  {
    ...one('redis', '{ url: (env) => env.URL, token: (env) => env.TOKEN }'),
    drivers: ['upstash'],
    most: 20_700,
  },
  {
    name: 'one http check, with regions',
    imports: ['http'],
    options: `regions: ['weur', 'enam'], intervalMs: 60_000, checks: { ${CATALOG} }`,
    most: 22_050,
  },
  {
    name: 'all kinds',
    imports: ['custom', 'disk', 'http', 'postgres', 'redis'],
    options: `checks: {
      ${CATALOG},
      postgres: postgres({ url: (env) => env.DATABASE_URL }),
      redis: redis({ url: (env) => env.URL, token: (env) => env.TOKEN }),
      disk: disk({ url: 'https://db.example.com/metrics' }),
      own: custom(async () => {}),
    }`,
    drivers: ['neon', 'upstash'],
    most: 26_700,
  },
]

/** Bundles and compresses each row. The sizes are the same on every machine. */
export async function measureSizes(rows: readonly SizeRow[] = ROWS): Promise<readonly Size[]> {
  return Promise.all(
    rows.map(async (row) => {
      const [total, others] = await Promise.all([gzipped(workerOf(row)), gzipped(withoutUs(row))])
      return { ...row, total, own: total - others }
    }),
  )
}

function workerOf({ imports, options }: SizeRow): Entry {
  return {
    source: `
      import { onCloudflare } from './src/cloudflare.ts'
      import { defineHealth, ${imports.join(', ')} } from './src/index.ts'
      export const { Cell, Prober, worker } = onCloudflare(defineHealth({ ${options} }))
      export default worker`,
  }
}

/** A Worker with only Hono and the drivers, imported as in `src`. */
function withoutUs({ drivers = [] }: SizeRow): Entry {
  return {
    source: `
      import { Hono } from 'hono/tiny'
      const used = []
      const use = (...parts) => used.push(...parts)
      use(Hono)
      ${drivers.map((driver) => DRIVERS[driver]).join('\n')}
      export default used`,
  }
}

async function gzipped(entry: Entry): Promise<number> {
  const { code } = await bundle(entry)
  return gzipSync(code).length
}

if (import.meta.main) {
  const sizes = await measureSizes()
  const kB = (bytes: number): string => (bytes / 1000).toFixed(2).padStart(8)
  console.log('bytes after gzip, in kB of 1000\n')
  console.log(`${'a Worker with'.padEnd(30)}   total   of us    most`)
  for (const { name, total, own, most } of sizes) {
    console.log(`${name.padEnd(30)}${kB(total)}${kB(own)}${kB(most)}${own > most ? '  TOO MUCH' : ''}`)
  }
}
