import { describe, expect, test } from 'vitest'
import { type CallerPlace, nearestRegion } from '../../src/core/nearest.ts'
import { REGIONS, type Region } from '../../src/core/region.ts'

/** As the platform tells it: degrees in text. */
function at(latitude: number, longitude: number): CallerPlace {
  return { latitude: latitude.toFixed(5), longitude: longitude.toFixed(5) }
}

describe('of all regions, the nearest to', () => {
  test.each<[city: string, region: Region, place: CallerPlace]>([
    ['Seattle', 'wnam', at(47.6, -122.3)],
    ['Anchorage', 'wnam', at(61.2, -149.9)],
    ['Honolulu', 'wnam', at(21.3, -157.9)],
    ['New York', 'enam', at(40.7, -74)],
    ['Dallas', 'enam', at(32.8, -96.8)],
    ['London', 'weur', at(51.5, -0.1)],
    ['Lisbon', 'weur', at(38.7, -9.1)],
    ['Berlin', 'weur', at(52.5, 13.4)],
    ['Warsaw', 'eeur', at(52.2, 21)],
    ['Kyiv', 'eeur', at(50.5, 30.5)],
    ['Dubai', 'me', at(25.2, 55.3)],
    ['Hong Kong', 'apac', at(22.3, 114.2)],
    ['Tokyo', 'apac-ne', at(35.7, 139.7)],
    ['Singapore', 'apac-se', at(1.35, 103.8)],
    ['Sydney', 'oc', at(-33.9, 151.2)],
    ['Auckland', 'oc', at(-36.8, 174.8)],
    ['Johannesburg', 'afr', at(-26.2, 28)],
    ['São Paulo', 'sam', at(-23.5, -46.6)],
    ['Santiago', 'sam', at(-33.4, -70.7)],
  ])('%s is %s', (_, region, place) => {
    expect(nearestRegion(REGIONS, place)).toBe(region)
    expect(nearestRegion(REGIONS.toReversed(), place)).toBe(region)
  })
})

describe('of the regions that there are, the nearest to', () => {
  test.each<[where: string, region: Region, place: CallerPlace, regions: readonly Region[]]>([
    ['Sydney', 'apac', at(-33.9, 151.2), ['weur', 'enam', 'apac']],
    ['Johannesburg', 'weur', at(-26.2, 28), ['enam', 'apac', 'weur']],
    ['Santiago', 'enam', at(-33.4, -70.7), ['weur', 'enam', 'apac']],
    ['anywhere, where there is one', 'apac', at(-33.4, -70.7), ['apac']],
    // The longitudes of neighbours can be 360° apart.
    ['Apia, across the date line', 'oc', at(-13.8, -171.8), ['sam', 'oc']],
    ['Kamchatka, across it the other way', 'wnam', at(53, 158.7), ['weur', 'wnam']],
    // Where meridians come together a degree of longitude is short.
    ['the west of Greenland', 'weur', at(70, -50), ['enam', 'weur']],
    ['the South Pole', 'oc', at(-90, 0), ['weur', 'oc']],
    ['the North Pole', 'weur', at(90, 180), ['apac', 'weur']],
    ['nowhere in particular, at 0° and 0°', 'afr', at(0, 0), ['oc', 'afr']],
    // As far from weur as can be, where rounding makes it farther than that.
    [
      'the other side of the world',
      'oc',
      { latitude: '-49.999999999860215', longitude: '-174.99999999961784' },
      ['weur', 'oc'],
    ],
  ])('%s is %s', (_, region, place, regions) => {
    expect(nearestRegion(regions, place)).toBe(region)
  })
})

describe('a caller of whose place is known', () => {
  const regions = ['apac', 'enam', 'weur', 'sam', 'oc', 'afr'] as const
  test.each<[what: string, region: Region, place: CallerPlace | undefined]>([
    ['nothing', 'apac', undefined],
    ['nothing in it', 'apac', {}],
    ['half a point', 'apac', { latitude: '-33.9' }],
    ['the other half', 'apac', { longitude: '-74' }],
    ['an empty point', 'apac', { latitude: '', longitude: '' }],
    ['what is no number', 'apac', { latitude: 'here', longitude: 'there' }],
    ['what is no place', 'apac', { latitude: 'Infinity', longitude: '0' }],
  ])('%s is shown %s', (_, region, place) => {
    expect(nearestRegion(regions, place)).toBe(region)
  })
})

test('of no region none is the nearest', () => {
  expect(nearestRegion([], at(0, 0))).toBeUndefined()
  expect(nearestRegion([], undefined)).toBeUndefined()
})

test('the regions stay in the order that they were given in', () => {
  const regions: readonly Region[] = Object.freeze(['weur', 'apac', 'enam'] as const)
  expect(nearestRegion(regions, at(40.7, -74))).toBe('enam')
})
