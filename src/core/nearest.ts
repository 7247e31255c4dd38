import type { Region } from './region.ts'

/** The place of a caller, as the platform tells it (`request.cf`). */
export interface CallerPlace {
  readonly latitude?: string
  readonly longitude?: string
}

type Point = readonly [latitude: number, longitude: number]

/** The middle of each region, as near as matters. */
const REGION_POINTS: Readonly<Record<Region, Point>> = {
  wnam: [37, -122],
  enam: [39, -77],
  weur: [50, 5],
  eeur: [50, 23],
  apac: [22, 114],
  'apac-ne': [36, 140],
  'apac-se': [1, 104],
  oc: [-34, 151],
  sam: [-23, -46],
  afr: [-26, 28],
  me: [25, 55],
}

/** The region that is nearest to a caller; the first one where nothing is known of the caller's place. */
export function nearestRegion(
  regions: readonly Region[],
  place: CallerPlace | undefined,
): Region | undefined {
  const from = pointOf(place)
  if (from === undefined) return regions[0]
  return regions.toSorted((a, b) => distance(from, REGION_POINTS[a]) - distance(from, REGION_POINTS[b]))[0]
}

function pointOf({ latitude = '', longitude = '' }: CallerPlace = {}): Point | undefined {
  const point = [Number.parseFloat(latitude), Number.parseFloat(longitude)] as const
  return point.every(Number.isFinite) ? point : undefined
}

/** Grows with the way along the great circle: the haversine of its angle. */
function distance([latitude, longitude]: Point, [toLatitude, toLongitude]: Point): number {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180
  const half = (from: number, to: number): number => Math.sin(radians(to - from) / 2) ** 2
  const across = Math.cos(radians(latitude)) * Math.cos(radians(toLatitude)) * half(longitude, toLongitude)
  return half(latitude, toLatitude) + across
}
