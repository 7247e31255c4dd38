import { PGlite } from '@electric-sql/pglite'

/** A statement and its parameters, as text or what JSON can carry. */
export interface Query {
  readonly query: string
  readonly params?: readonly unknown[] | undefined
}

/** A result in the form of Neon's HTTP protocol: every value is Postgres's own text for it. */
export interface TextResult {
  readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[]
  readonly rows: readonly (readonly (string | null)[] | Readonly<Record<string, string | null>>)[]
  readonly command: string
  readonly rowCount: number | null
  readonly rowAsArray: boolean
}

/** How a batch of statements runs; each is left to Postgres when absent. */
export interface BatchOptions {
  readonly isolation?: string | undefined
  readonly readOnly?: boolean | undefined
  readonly deferrable?: boolean | undefined
}

/** A Postgres in this process, one session, one statement at a time. */
export interface Postgres {
  /** Boots it, once; what needs it waits for this anyway. */
  readonly ready: () => Promise<void>
  readonly query: (query: Query, rowAsArray: boolean) => Promise<TextResult>
  /** All in one transaction. */
  readonly batch: (
    queries: readonly Query[],
    rowAsArray: boolean,
    options: BatchOptions,
  ) => Promise<readonly TextResult[]>
  /** Runs a script of statements. */
  readonly exec: (sql: string) => Promise<void>
  readonly close: () => Promise<void>
}

/** A Postgres that boots (two seconds or so) when it is first needed. */
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
    // One that never came up has nothing to close.
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

/** Takes PGlite's conversions away, in both directions: converting is the driver's part. */
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
