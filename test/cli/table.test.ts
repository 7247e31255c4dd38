import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { frame } from '../../src/cli/frame.ts'
import type { Output } from '../../src/cli/io.ts'
import type { JsonCheck, JsonReport } from '../../src/formats/json.ts'
import { withoutColourSettings } from './scene.ts'

withoutColourSettings()

const AT = '2026-11-23T05:00:00.000Z'

function checkOf(given: Partial<JsonCheck> = {}): JsonCheck {
  return {
    status: 'healthy',
    critical: true,
    duration_ms: 12.41,
    detail: '',
    breaker: 'closed',
    checked_at: AT,
    ...given,
  }
}

const LONG =
  'the answer has a status of 502 where one of 200 to 299 was expected, and nothing else to say for itself'

const REPORT: JsonReport = {
  status: 'unhealthy',
  checked_at: AT,
  age_ms: 812,
  checks: {
    postgres: checkOf({ observed: { value: 12.34, unit: 'connections' } }),
    redis: checkOf({
      status: 'unhealthy',
      critical: false,
      duration_ms: 0,
      detail: 'circuit open',
      error: 'connect ECONNREFUSED 127.0.0.1:6379',
      breaker: 'open',
      retry_at: '2026-11-23T05:00:18.000Z',
    }),
    catalog: checkOf({ status: 'unhealthy', duration_ms: 1534.2, detail: 'http 502', error: LONG }),
    disk: checkOf({
      status: 'degraded',
      critical: false,
      duration_ms: 3.14,
      detail: 'disk 91% full',
      observed: { value: 91, unit: 'percent' },
    }),
    jobs: checkOf({ status: 'unknown', duration_ms: 0, detail: 'not run yet', checked_at: null }),
  },
}

function drawn(report: JsonReport, size: Partial<Output> = {}): string {
  const stdout = Object.assign(new PassThrough(), size) as Output
  return `\n${frame({ report, name: 'shop', when: 'checked in 1.54 s' }, stdout).join('\n')}\n`
}

test('a pipe gets plain lines', () => {
  expect(drawn(REPORT)).toMatchInlineSnapshot(`
    "
    CHECK     STATUS     DURATION  DETAIL
    postgres  healthy       12 ms  12.3 connections
    redis     unhealthy         -  circuit open until 05:00:18Z (not critical)
      connect ECONNREFUSED 127.0.0.1:6379
    catalog   unhealthy    1.53 s  http 502
      the answer has a status of 502 where one of 200 to 299 was expected, and nothing else to say for itself
    disk      degraded     3.1 ms  disk 91% full (not critical)
    jobs      unknown           -  not run yet

    shop is unhealthy (1 healthy, 1 degraded, 2 unhealthy, 1 unknown), checked in 1.54 s
    "
  `)
})

test('a terminal gets lines that fit it', () => {
  const long = 'the replica lags behind the primary by more than an hour and nobody knows why'
  const report: JsonReport = {
    ...REPORT,
    checks: {
      ['n'.repeat(63)]: checkOf({ detail: long, error: '数据库连接失败 '.repeat(5).trim() }),
      short: checkOf({ detail: 'slow' }),
    },
  }
  const lines = drawn(report, { isTTY: true, columns: 48 })
  // Colour must not change the columns.
  expect(stripVTControlCharacters(lines)).toMatchInlineSnapshot(`
    "
    CHECK                     STATUS   DURATION  DETAIL
    nnnnnnnnnnnnnnnnnnnnnnn…  healthy     12 ms
      the replica lags behind the primary by more
      than an hour and nobody knows why
      数据库连接失败 数据库连接失败 数据库连接失败
      数据库连接失败 数据库连接失败
    short                     healthy     12 ms
      slow

    shop is unhealthy (2 healthy), checked in 1.54 s
    "
  `)
})

test('a status has its colour on a terminal, and the header is dim', () => {
  const report = { ...REPORT, checks: { postgres: checkOf(), redis: checkOf({ status: 'degraded' }) } }
  const lines = drawn(report, { isTTY: true, columns: 80 })
  expect(lines.replaceAll('\u001b', '␛')).toMatchInlineSnapshot(`
    "
    ␛[2mCHECK     STATUS    DURATION  DETAIL␛[22m
    postgres  ␛[32mhealthy ␛[39m     12 ms
    redis     ␛[33mdegraded␛[39m     12 ms

    shop is ␛[1m␛[31munhealthy␛[39m␛[22m (␛[32m1 healthy␛[39m, ␛[33m1 degraded␛[39m), checked in 1.54 s
    "
  `)
})

test('regions have a table of their own', () => {
  const region = { status: 'healthy', checked_at: AT, age_ms: 812, checks: {}, colo: 'AMS' } as const
  const regions = {
    weur: region,
    apac: { ...region, status: 'unhealthy', colo: null },
    enam: { ...region, status: 'unknown', checked_at: null, age_ms: null, colo: null },
  } as const
  expect(drawn({ ...REPORT, checks: { postgres: checkOf() }, regions })).toMatchInlineSnapshot(`
    "
    CHECK     STATUS   DURATION  DETAIL
    postgres  healthy     12 ms

    REGION  STATUS        AGE  FROM
    weur    healthy    812 ms  AMS
    apac    unhealthy  812 ms
    enam    unknown         -

    shop is unhealthy (1 healthy), checked in 1.54 s
    "
  `)
})

test('a report without checks is its status', () => {
  expect(drawn({ ...REPORT, status: 'healthy', checks: {} })).toMatchInlineSnapshot(`
    "
    shop is healthy, checked in 1.54 s
    "
  `)
})

test('what a report says cannot act on the terminal, whichever field says it', () => {
  const evil = '\u001b[2J\u001b]0;pwned\u0007\u009b31m\r\n\u202eevil'
  const report: JsonReport = {
    ...REPORT,
    checks: {
      [`name${evil}`]: checkOf({
        detail: evil,
        error: evil,
        breaker: evil,
        retry_at: evil,
        observed: { value: 1, unit: evil },
      }),
    },
    regions: { [evil]: { status: 'healthy', checked_at: evil, age_ms: 1, checks: {}, colo: evil } },
  }
  // oxlint-disable-next-line no-control-regex -- these must not come through
  expect(drawn(report)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]|pwned/)
  expect(drawn(report)).toContain('evil')
})
