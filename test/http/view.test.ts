import { describe, expect, test } from 'vitest'
import type { CallerPlace } from '../../src/core/nearest.ts'
import { type Health, defineHealth } from '../../src/core/define.ts'
import type { Region } from '../../src/core/region.ts'
import { viewOf } from '../../src/http/view.ts'
import { checkOf } from '../health.ts'

const NEW_YORK: CallerPlace = { latitude: '40.7', longitude: '-74' }
const OCEANIA: CallerPlace = { latitude: '-33.87', longitude: '151.21' }

function healthOf(...regions: readonly Region[]): Health<never> {
  return defineHealth({ checks: { db: checkOf(async () => {}) }, ...(regions.length > 0 ? { regions } : {}) })
}

function view(health: Health<never>, query: string, place?: CallerPlace): ReturnType<typeof viewOf> {
  const params = new URLSearchParams(query)
  return viewOf(health, (key) => params.getAll(key), place)
}

describe('where there are regions', () => {
  const health = healthOf('weur', 'enam', 'apac')

  test.each<[query: string, place: CallerPlace | undefined, region: string | undefined]>([
    ['', NEW_YORK, undefined],
    ['?only=db', NEW_YORK, undefined],
    ['?region=weur', NEW_YORK, 'weur'],
    ['?region=apac', undefined, 'apac'],
    ['?view=nearest', NEW_YORK, 'enam'],
    ['?view=nearest', OCEANIA, 'apac'],
    ['?view=nearest', undefined, 'weur'],
    ['?view=nearest&region=apac', NEW_YORK, 'apac'],
  ])('%s from %j shows %s', (query, place, region) => {
    expect(view(health, query, place)).toEqual({ region })
  })

  test.each([
    ['?region=mars', 'region: none is named "mars"; known: weur, enam, apac'],
    ['?region=oc', 'region: none is named "oc"; known: weur, enam, apac'],
    ['?region=auto', 'region: none is named "auto"; known: weur, enam, apac'],
    ['?region=', 'region: none is named ""; known: weur, enam, apac'],
    ['?region=WEUR', 'region: none is named "WEUR"; known: weur, enam, apac'],
    ['?region=weur,apac', 'region: none is named "weur,apac"; known: weur, enam, apac'],
    ['?region=constructor', 'region: none is named "constructor"; known: weur, enam, apac'],
    ['?region=%22%0A', 'region: none is named "\\"\\n"; known: weur, enam, apac'],
    ['?region=mars&view=nearest', 'region: none is named "mars"; known: weur, enam, apac'],
    ['?view=farthest', 'view: expected nearest, received "farthest"'],
    ['?view=', 'view: expected nearest, received ""'],
    ['?region=weur&view=%22', 'view: expected nearest, received "\\""'],
  ])('%s is refused', (query, error) => {
    expect(view(health, query, NEW_YORK)).toEqual({ error })
  })
})

describe('where there are none', () => {
  const health = healthOf()

  test.each<[query: string, region: string | undefined]>([
    ['', undefined],
    ['?region=auto', 'auto'],
    ['?view=nearest', undefined],
    ['?view=nearest&region=auto', 'auto'],
  ])('%s shows the one cell that there is', (query, region) => {
    expect(view(health, query, NEW_YORK)).toEqual({ region })
  })

  test.each([
    ['?region=weur', 'region: none is named "weur"; known: auto'],
    ['?view=auto', 'view: expected nearest, received "auto"'],
  ])('%s is refused', (query, error) => {
    expect(view(health, query)).toEqual({ error })
  })
})
