import { neon, neonConfig } from '@neondatabase/serverless'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { startNeon } from '../../src/local/neon.ts'
import type { LocalNeon } from '../../src/local/neon.ts'

let postgres: LocalNeon
let sql: ReturnType<typeof neon<false, false>>

beforeAll(async () => {
  postgres = await startNeon({ password: 'p@ss/word' })
  neonConfig.fetchEndpoint = (host, port) => `http://${host}:${port}/sql`
  sql = neon(postgres.url)
  await postgres.ready()
}, 60_000)
afterEach(() => {
  postgres.faults.mend()
  postgres.faults.resetHits()
})
afterAll(() => postgres?.close())

describe('the real driver', () => {
  test('reads every type as it does from Neon', async () => {
    const [row] = await sql`
      select 1 as int, 9007199254740993 as big, 1.5::float8 as float, true as yes, null as nothing, 'é✓' as text,
        '{"a": [1]}'::jsonb as json, array[1, 2] as list, '\\xdead'::bytea as bytes,
        timestamptz '2026-11-23 05:00:00Z' as moment`
    expect(row).toEqual({
      int: 1,
      big: '9007199254740993',
      float: 1.5,
      yes: true,
      nothing: null,
      text: 'é✓',
      json: { a: [1] },
      list: [1, 2],
      bytes: Buffer.from([0xde, 0xad]),
      moment: new Date('2026-11-23T05:00:00Z'),
    })
  })

  test('sends parameters of every type', async () => {
    const rows = await sql`select ${41}::int + 1 as n, ${true}::bool as b, ${null}::text as nothing,
      ${{ a: 1 }}::jsonb as json, ${[1, 2]}::int[] as list, ${Buffer.from([0xbe])}::bytea as bytes`
    expect(rows).toEqual([
      { n: 42, b: true, nothing: null, json: { a: 1 }, list: [1, 2], bytes: Buffer.from([0xbe]) },
    ])
  })

  test('learns the command and the count of rows', async () => {
    await sql`create table fruit (name text)`
    const inserted = await sql.query("insert into fruit values ('fig'), ('plum')", [], { fullResults: true })
    expect(inserted).toMatchObject({ command: 'INSERT', rowCount: 2, rows: [] })
    const selected = await sql.query('select name from fruit', [], { arrayMode: true, fullResults: true })
    expect(selected).toMatchObject({ command: 'SELECT', rowCount: 2, rows: [['fig'], ['plum']] })
    await sql`drop table fruit`
  })

  test('runs a batch in one read-only transaction', async () => {
    const batch = await sql.transaction([sql`select 1 as one`, sql`show transaction_read_only`], {
      readOnly: true,
    })
    expect(batch).toEqual([[{ one: 1 }], [{ transaction_read_only: 'on' }]])
    await expect(sql.transaction([sql`create table t ()`], { readOnly: true })).rejects.toMatchObject({
      code: '25006',
    })
  })

  test('chooses the isolation of a batch', async () => {
    const options = { isolationLevel: 'Serializable', deferrable: true } as const
    const [level] = await sql.transaction([sql`show transaction_isolation`], options)
    expect(level).toEqual([{ transaction_isolation: 'serializable' }])
  })

  test('loses a whole batch for one bad statement', async () => {
    const batch = sql.transaction([sql`create table kept ()`, sql`select 1 / 0`])
    await expect(batch).rejects.toMatchObject({ code: '22012', message: 'division by zero' })
    expect(await sql`select to_regclass('kept') as kept`).toEqual([{ kept: null }])
  })

  test("gets Postgres's own error, and the session goes on", async () => {
    await expect(sql.query('selec $1', ['secret'])).rejects.toMatchObject({
      name: 'NeonDbError',
      message: 'syntax error at or near "selec"',
      severity: 'ERROR',
      code: '42601',
      position: '1',
    })
    expect(await sql`select 1 as one`).toEqual([{ one: 1 }])
  })

  test('may send many queries at once', async () => {
    const answers = await Promise.all([1, 2, 3, 4, 5].map((n) => sql`select ${n}::int as n`))
    expect(answers.flat()).toEqual([1, 2, 3, 4, 5].map((n) => ({ n })))
    expect(postgres.faults.hits()).toBe(5)
  })
})

describe('the connection string', () => {
  const wrong = (change: (url: URL) => void): string => {
    const url = new URL(postgres.url)
    change(url)
    return url.href
  }

  test('with a wrong password is refused', async () => {
    const intruder = neon(wrong((url) => (url.password = 'guess')))
    await expect(intruder`select 1`).rejects.toMatchObject({ code: '28P01', severity: 'FATAL' })
  })

  test('with a wrong user or database is refused', async () => {
    await expect(neon(wrong((url) => (url.username = 'root')))`select 1`).rejects.toMatchObject({
      code: '28P01',
    })
    await expect(neon(wrong((url) => (url.pathname = '/x')))`select 1`).rejects.toMatchObject({
      code: '3D000',
    })
  })

  test('may not be missing, nor the path another', async () => {
    const body = JSON.stringify({ query: 'select 1', params: [] })
    const bare = await fetch(postgres.endpoint, { method: 'POST', body })
    expect([bare.status, await bare.json()]).toMatchObject([400, { code: '08P01' }])
    expect((await fetch(`${postgres.endpoint}/more`, { method: 'POST', body })).status).toBe(404)
  })
})

describe('a fault', () => {
  test('down is a failed fetch', async () => {
    postgres.faults.set('down')
    await expect(sql`select 1`).rejects.toMatchObject({
      name: 'NeonDbError',
      message: 'Error connecting to database: TypeError: fetch failed',
      code: undefined,
      sourceError: { name: 'TypeError', cause: { code: 'UND_ERR_SOCKET' } },
    })
  })

  test('wrong is an error of Postgres', async () => {
    postgres.faults.set('wrong')
    await expect(sql`select 1`).rejects.toMatchObject({
      name: 'NeonDbError',
      code: '57P03',
      severity: 'FATAL',
    })
  })

  test('hang ends with the patience of the caller', async () => {
    postgres.faults.set('hang')
    const patience = new AbortController()
    const asked = sql
      .query('select 1', [], { fetchOptions: { signal: patience.signal } })
      .then((rows) => rows)
    const gaveUp = expect(asked).rejects.toMatchObject({
      name: 'NeonDbError',
      sourceError: { name: 'TimeoutError' },
    })
    await postgres.faults.arrived(1)
    patience.abort(new DOMException('too long', 'TimeoutError'))
    await gaveUp
  })

  test('leaves what the request carried', async () => {
    postgres.faults.set('down')
    await expect(sql`select ${1} as one`).rejects.toThrow()
    expect(JSON.parse(postgres.faults.last()?.body ?? '')).toEqual({
      query: 'select $1 as one',
      params: ['1'],
    })
    expect(postgres.faults.last()?.headers).toMatchObject({
      'neon-array-mode': 'true',
      'neon-raw-text-output': 'true',
    })
  })
})

test('the connections are one, or as many as a test says', async () => {
  const figures = () => sql`
    select (select count(*) from pg_stat_activity)::int as activity,
      (select sum(numbackends) from pg_stat_database)::int as backends,
      current_setting('max_connections')::int as max`
  expect(await figures()).toEqual([{ activity: 1, backends: 1, max: 100 }])
  await postgres.setConnections(95)
  expect(await figures()).toEqual([{ activity: 95, backends: 95, max: 100 }])
  await postgres.setConnections(3)
  expect(await figures()).toEqual([{ activity: 3, backends: 3, max: 100 }])
  expect(
    await sql`select count(*)::int as n from pg_stat_activity where backend_type = 'client backend'`,
  ).toEqual([{ n: 3 }])
  await postgres.exec('drop schema pretended cascade')
})

test('one that was never asked anything closes at once', async () => {
  const idle = await startNeon()
  expect(idle.url).toMatch(/^postgres:\/\/allclear:[^@]{16,}@127\.0\.0\.1:\d+\/postgres$/)
  await idle.close()
})
