import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { Received } from './faults.ts'
import { createPostgres } from './postgres.ts'
import type { Postgres, Query } from './postgres.ts'
import { sendJson, startServer } from './server.ts'
import type { LocalOptions, LocalServer } from './server.ts'

/** A Postgres behind Neon's HTTP protocol. */
export interface LocalNeon extends LocalServer {
  /** The connection string, with its password. */
  readonly url: string
  /** The value for `neonConfig.fetchEndpoint`: `http://127.0.0.1:PORT/sql`. */
  readonly endpoint: string
  /** Boots Postgres, which takes about two seconds. Otherwise the first query boots it. */
  readonly ready: () => Promise<void>
  /** Runs SQL directly. It counts as no hit, and no fault applies. */
  readonly exec: (sql: string) => Promise<void>
  /** Makes the statistics views show this many connections. The real number is always one. */
  readonly setConnections: (count: number) => Promise<void>
}

const user = 'allclear'
const database = 'postgres'

/**
 * Starts a Postgres behind Neon's HTTP protocol.
 *
 * @param options `password` is random by default.
 */
export async function startNeon({
  password = randomUUID(),
  ...options
}: LocalOptions & { readonly password?: string | undefined } = {}): Promise<LocalNeon> {
  const postgres = createPostgres()

  async function answer(request: Received, response: ServerResponse): Promise<void> {
    if (request.method !== 'POST' || request.path !== '/sql') {
      return sendJson(response, 404, { message: 'not found' })
    }
    const refused = refusal(request.headers['neon-connection-string'], password)
    if (refused) return sendJson(response, 400, refused)
    await execute(postgres, request).then(
      (result) => sendJson(response, 200, result),
      (error: unknown) => sendJson(response, 400, postgresError(error)),
    )
  }

  const server = await startServer(answer, { ...options, wrong: startingUp })
  return {
    ...server,
    url: `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${server.port}/${database}`,
    endpoint: `${server.origin}/sql`,
    ready: postgres.ready,
    exec: postgres.exec,
    setConnections: (count) => postgres.exec(pretendConnections(count)),
    close: async () => {
      await server.close()
      await postgres.close()
    },
  }
}

/**
 * Runs the statements of a request and gives the body of the answer.
 *
 * @throws the error of Postgres.
 */
async function execute(postgres: Postgres, { headers, body }: Received): Promise<unknown> {
  const parsed = JSON.parse(body) as Query | { readonly queries: readonly Query[] }
  const rowAsArray = isTrue(headers, 'neon-array-mode')
  if (!('queries' in parsed)) return await postgres.query(parsed, rowAsArray)
  const results = await postgres.batch(parsed.queries, rowAsArray, {
    isolation: headers['neon-batch-isolation-level']?.toString(),
    readOnly: isTrue(headers, 'neon-batch-read-only'),
    deferrable: isTrue(headers, 'neon-batch-deferrable'),
  })
  return { results }
}

function isTrue(headers: IncomingHttpHeaders, name: string): boolean {
  return headers[name] === 'true'
}

function refusal(header: string | string[] | undefined, password: string): Fault | undefined {
  const url = URL.parse(String(header))
  if (!url) return fatal('08P01', 'no connection string, or a malformed one')
  if (url.username !== user || decodeURIComponent(url.password) !== password) {
    return fatal('28P01', `password authentication failed for user '${url.username}'`)
  }
  if (url.pathname !== `/${database}`) {
    return fatal('3D000', `database "${url.pathname.slice(1)}" does not exist`)
  }
  return undefined
}

function startingUp(_: Received, response: ServerResponse): void {
  sendJson(response, 400, fatal('57P03', 'the database system is starting up'))
}

const details =
  'severity code detail hint position internalPosition internalQuery where schema table column dataType constraint file line routine'

interface Fault extends Readonly<Record<string, string | null>> {
  readonly message: string
}

function fatal(code: string, message: string): Fault {
  return postgresError({ severity: 'FATAL', code, message })
}

/** Takes over only these fields, because PGlite's error also holds the statement and its parameters. */
function postgresError(error: unknown): Fault {
  const { message, ...rest } = error as Partial<Fault>
  const values = details.split(' ').map((name) => [name, rest[name] ?? null])
  return { message: message ?? String(error), ...Object.fromEntries(values) }
}

/** Makes views that shadow the real ones, except in queries that name `pg_catalog.` themselves. */
function pretendConnections(count: number): string {
  const clients = changed('pg_stat_activity', `'{"backend_type": "client backend"}'`)
  const backends = `jsonb_build_object('numbackends', case when datname = current_database() then ${count} else 0 end)`
  return `
    create schema if not exists pretended;
    create or replace view pretended.pg_stat_activity as ${clients} cross join generate_series(1, ${count});
    create or replace view pretended.pg_stat_database as ${changed('pg_stat_database', backends)};
    set search_path = pretended, pg_catalog, public;`
}

/** Selects the rows of a system view with some columns replaced. */
function changed(view: string, columns: string): string {
  return `select (jsonb_populate_record(null::pg_catalog.${view}, to_jsonb(v) || ${columns})).* from pg_catalog.${view} v`
}
