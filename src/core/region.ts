/** Location hints of Durable Objects. `sam`, `afr` and `me` are accepted by the platform and run nearby. */
export const REGIONS = [
  'wnam',
  'enam',
  'weur',
  'eeur',
  'apac',
  'apac-ne',
  'apac-se',
  'oc',
  'sam',
  'afr',
  'me',
] as const

/** A region of the world to probe from. */
export type Region = (typeof REGIONS)[number]
