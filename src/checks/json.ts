/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** The steps of a path: a name, or an index written in brackets. */
export type JsonPath = readonly (string | number)[]

const PATH = /^(?:[^.[\]]+|\[\d+\])(?:\.[^.[\]]+|\[\d+\])*$/
const STEP = /\[(\d+)\]|[^.[\]]+/g

/**
 * Reads a path: names with dots between them, indexes in brackets or as names; `$` or `$.` may come before it.
 * Anything else gives `undefined`.
 */
export function parsePath(text: string): JsonPath | undefined {
  if (text === '$') return []
  const path = text.startsWith('$.') ? text.slice(2) : text.startsWith('$[') ? text.slice(1) : text
  if (!PATH.test(path)) return undefined
  return [...path.matchAll(STEP)].map(([name, index]) => (index === undefined ? name : Number(index)))
}

/** The value at the path; `undefined`, which is no JSON value, where it leads nowhere. */
export function atPath(json: unknown, path: JsonPath): unknown {
  return path.reduce(step, json)
}

function step(value: unknown, key: string | number): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  const isIndex = typeof key === 'number' || /^\d+$/.test(key)
  // Own properties only, and of an array only its items: `constructor` and `length` are no data.
  const leads = Array.isArray(value) ? isIndex : typeof key === 'string'
  return leads && Object.hasOwn(value, key) ? (value as Record<string | number, unknown>)[key] : undefined
}

/** Whether two JSON values are equal. The order of keys does not count. */
export function isSameJson(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isSameJson(a[key as never], b[key as never]))
  )
}

/** Whether a value survives JSON unchanged: there is no NaN, `undefined`, RegExp or cycle in it. */
export function isJson(value: unknown, parents: readonly unknown[] = []): value is Json {
  if (typeof value === 'number') return Number.isFinite(value)
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value !== 'object') return false
  if (parents.includes(value) || !(Array.isArray(value) || isPlain(value))) return false
  return Object.values(value).every((inner) => isJson(inner, [...parents, value]))
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
