import { PGlite } from '@electric-sql/pglite'

/** A statement and its parameters, which are JSON values. */
export interface Query {
  readonly query: string
  readonly params?: readonly unknown[] | undefined
}

/** A result as in Neon's HTTP protocol: every value is the text that Postgres gives for it. */
export interface TextResult {
  readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[]
  readonly rows: readonly (readonly (string | null)[] | Readonly<Record<string, string | null>>)[]
  readonly command: string
  readonly rowCount: number | null
  readonly rowAsArray: boolean
}

/** The mode of a transaction. Default for each option: that of Postgres. */
export interface BatchOptions {
  readonly isolation?: string | undefined
  readonly readOnly?: boolean | undefined
  readonly deferrable?: boolean | undefined
}

/** A Postgres in this process with one session, which runs one statement at a time. */
export interface Postgres {
  /** Boots Postgres once. Every other method waits for that by itself. */
  readonly ready: () => Promise<void>
  readonly query: (query: Query, rowAsArray: boolean) => Promise<TextResult>
  /** Runs the statements in one transaction. */
  readonly batch: (
    queries: readonly Query[],
    rowAsArray: boolean,
    options: BatchOptions,
  ) => Promise<readonly TextResult[]>
  /** Runs a script of several statements without parameters. */
  readonly exec: (sql: string) => Promise<void>
  readonly close: () => Promise<void>
}

/** Makes a Postgres that boots at its first use, which takes about two seconds. */
export function createPostgres(): Postgres {
  let booting: Promise<PGlite> | undefined
  const boot = (): Promise<PGlite> => (booting ??= PGlite.create())

  return {
    ready: async () => void (await boot()),
    query: async (query, rowAsArray) => {
      const db = await boot()
      return await run(db, query, plainText(db, rowAsArray))
    },
    batch: async (queries, rowAsArray, options) => {
      const db = await boot()
      return await db.transaction(async (transaction) => {
        const mode = transactionMode(options)
        if (mode) await transaction.exec(`set transaction ${mode}`)
        const results: TextResult[] = []
        for (const query of queries) results.push(await run(transaction, query, plainText(db, rowAsArray)))
        return results
      })
    },
    exec: async (sql) => void (await (await boot()).exec(sql)),
    // A failed boot leaves nothing to close.
    close: async () => await booting?.then((db) => db.close()).catch(() => {}),
  }
}

type Runner = Pick<PGlite, 'query'>
type QueryOptions = NonNullable<Parameters<PGlite['query']>[2]>

async function run(db: Runner, { query, params = [] }: Query, options: QueryOptions): Promise<TextResult> {
  const result = await db.query<TextResult['rows'][number]>(query, [...params], options)
  return {
    fields: result.fields.map(({ name, dataTypeID }) => ({ name, dataTypeID })),
    rows: result.rows,
    command: result.command ?? '',
    rowCount: result.rowCount ?? null,
    rowAsArray: options.rowMode === 'array',
  }
}

/** Turns PGlite's conversions off in both directions, because the driver under test converts. */
function plainText(db: PGlite, rowAsArray: boolean): QueryOptions {
  const everyType = <T>(handler: T): Record<string, T> =>
    Object.fromEntries(Object.keys({ ...db.parsers, ...db.serializers }).map((type) => [type, handler]))
  return {
    rowMode: rowAsArray ? 'array' : 'object',
    parsers: everyType((text: string) => text),
    serializers: everyType((value: unknown) => String(value)),
  }
}

const isolationLevels: Readonly<Record<string, string>> = {
  ReadUncommitted: 'read uncommitted',
  ReadCommitted: 'read committed',
  RepeatableRead: 'repeatable read',
  Serializable: 'serializable',
}

function transactionMode({ isolation, readOnly, deferrable }: BatchOptions): string {
  const level = isolation && isolationLevels[isolation]
  return [level && `isolation level ${level}`, readOnly && 'read only', deferrable && 'deferrable']
    .filter(Boolean)
    .join(', ')
}
