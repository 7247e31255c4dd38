import { expect, test, vi } from 'vitest'
import { screen, sceneOf, withoutColourSettings } from './scene.ts'

withoutColourSettings()

test('it runs the checks of every endpoint and draws their results', async () => {
  const { allclear, out, err } = sceneOf({ env: { CACHE: 'unhealthy' } })
  expect(await allclear('check')).toBe(2)
  expect(`\n${out()}`).toMatchInlineSnapshot(`
    "
    CHECK     STATUS     DURATION  DETAIL
    database  healthy        0 ms
    cache     unhealthy      0 ms  (not critical)
    boot      healthy        0 ms

    shop 1.4.2 is degraded (2 healthy, 1 unhealthy), checked in 0 ms
    "
  `)
  expect(err()).toBe('')
})

test.each([
  [{}, 0],
  [{ DATABASE: 'degraded' }, 2],
  [{ CACHE: 'unhealthy' }, 2],
  [{ DATABASE: 'unhealthy' }, 1],
  [{ DATABASE: 'unknown' }, 1],
  [{ BOOT: 'unhealthy' }, 1],
  [{ DATABASE: 'nonsense' }, 1],
])('in an environment of %j it exits with %i', async (env, code) => {
  expect(await sceneOf({ env }).allclear('check')).toBe(code)
})

test('only some checks are run, and they alone make the whole', async () => {
  const { allclear, out } = sceneOf({ env: { DATABASE: 'unhealthy' } })
  expect(await allclear('check', '--only', 'boot,cache', '--json')).toBe(0)
  expect(Object.keys(JSON.parse(out()).checks)).toEqual(['cache', 'boot'])
})

test('an unknown check is a fault that names the known ones', async () => {
  const { allclear, out, err } = sceneOf()
  expect(await allclear('check', '--only', 'cache,databse')).toBe(3)
  expect(err()).toBe('allclear: --only: no check is named "databse"; known: database, cache, boot\n')
  expect(out()).toBe('')
})

test('as JSON it is the report of /readyz, with private detail', async () => {
  const { allclear, out } = sceneOf({ env: { DATABASE: 'nonsense' } })
  expect(await allclear('check', '--only', 'database', '--json')).toBe(1)
  expect(JSON.parse(out())).toEqual({
    status: 'unhealthy',
    state: 'local',
    checked_at: '2026-11-23T05:00:00.000Z',
    age_ms: 0,
    checks: {
      database: {
        status: 'unhealthy',
        critical: true,
        duration_ms: 0,
        detail: 'error',
        breaker: 'closed',
        checked_at: '2026-11-23T05:00:00.000Z',
        error: 'expected a status of healthy, degraded, unhealthy, unknown; the check gave something else',
      },
    },
  })
})

test('as JSON it has no character that a terminal obeys or does not show', async () => {
  const { allclear, out } = sceneOf()
  expect(await allclear('check', '--config', 'turned.config.ts', '--json')).toBe(2)
  expect(out()).toMatch(/^[\n\u0020-\u007e]+$/)
  expect(JSON.parse(out()).checks.turned.detail).toBe('\u202egnihton\u2066 \u200f\u061c\u{e0041}')
})

test('on a terminal one line shows the progress, and is erased', async () => {
  const stderr = screen({ columns: 40 })
  const { allclear, err } = sceneOf({ stderr })
  await allclear('check')
  const [first, ...said] = err().split('\r\u001b[K')
  expect(first).toBe('')
  expect(said.slice(0, 3)).toEqual([
    '0 of 3 checked, waiting for database',
    '0 of 3 checked, waiting for database, …',
    '0 of 3 checked, waiting for database, …',
  ])
  expect(said.slice(-2), 'the last is erased').toEqual(['3 of 3 checked', ''])
})

test('a single run ignores failAfter', async () => {
  const { allclear, out } = sceneOf({ env: { FLAKY: 'unhealthy' } })
  expect(await allclear('check', '--config', 'flaky.config.ts')).toBe(1)
  expect(out()).toContain('flaky  unhealthy')
})

test('a watch keeps its breakers, and ends with the last status', async () => {
  const env: Record<string, string> = { FLAKY: 'unhealthy' }
  const { allclear, out } = sceneOf({
    env,
    meanwhile: (waits, interrupt) => {
      if (waits === 4) env['FLAKY'] = 'degraded'
      if (waits === 6) interrupt()
    },
  })
  expect(await allclear('check', '--config', 'flaky.config.ts', '--watch', '--interval', '10')).toBe(2)
  const seen = out()
    .split('\n')
    .filter((line) => /^flaky|every/.test(line))
  expect(`\n${seen.join('\n')}\n`).toMatchInlineSnapshot(`
    "
    2026-11-23T05:00:00.000Z, every 10 s
    flaky  unknown      0 ms
    2026-11-23T05:00:10.000Z, every 10 s
    flaky  unknown      0 ms
    2026-11-23T05:00:20.000Z, every 10 s
    flaky  unhealthy      0 ms
    2026-11-23T05:00:30.000Z, every 10 s
    flaky  unhealthy         -  circuit open until 05:00:50Z
    2026-11-23T05:00:40.000Z, every 10 s
    flaky  unhealthy         -  circuit open until 05:00:50Z
    2026-11-23T05:00:50.000Z, every 10 s
    flaky  degraded      0 ms
    "
  `)
})

test('a watch as JSON is a report a line', async () => {
  const { allclear, out } = sceneOf({ meanwhile: (waits, interrupt) => waits === 3 && interrupt() })
  expect(await allclear('check', '--watch', '--interval', '1', '--json')).toBe(0)
  const reports = out().trimEnd().split('\n')
  expect(reports.map((line) => JSON.parse(line).checked_at)).toEqual([
    '2026-11-23T05:00:00.000Z',
    '2026-11-23T05:00:01.000Z',
    '2026-11-23T05:00:02.000Z',
  ])
})

test('on a terminal a watch draws in place, no more lines than fit, and always the last one', async () => {
  const stdout = screen({ columns: 80, rows: 7 })
  const { allclear, out } = sceneOf({
    stdout,
    meanwhile: (waits, interrupt) => waits === 2 && interrupt(),
  })
  await allclear('check', '--watch')
  const [before, ...frames] = out().split('\u001b[H\u001b[J')
  expect([before, frames.length]).toEqual(['', 2])
  for (const frame of frames) {
    const lines = frame.split('\n')
    expect(lines.length, 'with the cursor below them').toBeLessThanOrEqual(7)
    expect(lines.at(-2)).toContain('shop 1.4.2 is')
  }
})

test('an interruption before the first report gives no status', async () => {
  const stderr = screen({ columns: 80 })
  const { allclear, interrupt, out, err } = sceneOf({ stderr })
  const ended = allclear('check', '--config', 'hanging.config.ts')
  await vi.waitFor(() => expect(err()).toContain('waiting for hanging'))
  interrupt()
  expect(await ended).toBe(130)
  expect(out()).toBe('')
  expect(err().endsWith('\r\u001b[K'), 'the line is erased').toBe(true)
})

test('an interruption while the config is loaded gives none either', async () => {
  const { allclear, interrupt } = sceneOf()
  const ended = allclear('check')
  interrupt()
  expect(await ended).toBe(130)
})
