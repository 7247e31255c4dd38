import type { Health } from '../core/define.ts'
import { type CallerPlace, nearestRegion } from '../core/nearest.ts'

/** Whose report a query asks for (no region is the quorum's), or what is wrong with it. */
export type View = { readonly error: string } | { readonly region: string | undefined }

/** Reads `?region=weur` and `?view=nearest`. With no regions there is one cell, `auto`, and both are it. */
export function viewOf(
  { regions }: Health<never>,
  query: (key: string) => readonly string[],
  place: CallerPlace | undefined,
): View {
  const [[region], [view]] = [query('region'), query('view')]
  const known: readonly string[] = regions.length === 0 ? ['auto'] : regions
  if (region !== undefined && !known.includes(region)) {
    return { error: `region: none is named ${JSON.stringify(region)}; known: ${known.join(', ')}` }
  }
  if (view !== undefined && view !== 'nearest') {
    return { error: `view: expected nearest, received ${JSON.stringify(view)}` }
  }
  return { region: region ?? (view === undefined ? undefined : nearestRegion(regions, place)) }
}
