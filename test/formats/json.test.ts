import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EMPTY_CELL, begin, complete, read } from '../../src/core/cell.ts'
import type { Result } from '../../src/core/check-state.ts'
import { defineHealth } from '../../src/core/define.ts'
import { foldRegions } from '../../src/core/quorum.ts'
import { type Report, aged, report, select } from '../../src/core/report.ts'
import { json, jsonReport } from '../../src/formats/json.ts'
import { checkOf } from '../health.ts'

const START = Date.UTC(2026, 10, 23, 5)
const health = defineHealth({
  regions: ['weur', 'apac'],
  checks: { db: checkOf(async () => {}, { breaker: { failures: 1 } }), cache: checkOf(async () => {}) },
})

/** What a cell reports whose one round gave these results. */
function reportOf(results: Record<string, Result>, state: Report['state'] = 'shared'): Report {
  const [leased, begun] = begin(EMPTY_CELL, START, 'a', health)
  if (begun.kind !== 'lease') throw new Error('expected a lease')
  return report(
    health,
    read(complete(leased, START, begun.lease, results, health), START + 812, health),
    state,
  )
}

function textOf(report: Report): string {
  return json.render({ status: report.status, report, isPrivate: false }).body
}

/** The same without what only a bearer of the token sees. */
function withoutPrivate(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, inner) => (['error', 'observed'].includes(key) ? undefined : inner)),
  )
}

const results = fc.dictionary(
  fc.constantFrom('db', 'cache'),
  fc.record({
    status: fc.constantFrom('healthy', 'degraded', 'unhealthy', 'unknown'),
    detail: fc.string({ unit: 'binary' }),
    error: fc.string(),
    durationMs: fc.double({ min: 0, max: 1e5, noNaN: true }),
  }),
)

test('the text that polls get is JSON as it is written everywhere, and the private one without what is private', () => {
  fc.assert(
    fc.property(results, results, fc.boolean(), (here, there, isLocal) => {
      const one = reportOf(here, isLocal ? 'local' : 'shared')
      const places = [
        { region: 'weur', colo: null, report: reportOf(here) },
        { region: 'apac', colo: 'HKG', report: reportOf(there) },
      ]
      for (const full of [one, foldRegions(health, places), aged(foldRegions(health, places), 99)]) {
        const text = textOf(full)
        expect(JSON.stringify(JSON.parse(text))).toBe(text)
        expect(JSON.parse(text)).toEqual(withoutPrivate(jsonReport(full)))
      }
    }),
  )
})

test('before the first round there are no times', () => {
  const full = report(health, read(EMPTY_CELL, START, health), 'shared')
  expect(JSON.parse(textOf(full))).toMatchObject({
    status: 'unknown',
    checked_at: null,
    age_ms: null,
    checks: { db: { detail: 'not run yet', checked_at: null } },
  })
})

test('what is private is in the text for nobody, and in the JSON for who may see it', () => {
  const full = reportOf({
    db: { status: 'unhealthy', detail: 'error', error: 'said the driver', durationMs: 1 },
  })
  expect(textOf(full)).not.toContain('said the driver')
  expect(jsonReport(full).checks['db']).toMatchObject({ error: 'said the driver' })
  expect(select(full, ({ name }) => name === 'cache').checks).toHaveLength(1)
})
