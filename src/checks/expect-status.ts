import type { GenericSchema } from 'valibot'
import { anything } from '../core/schema.ts'

/** A class of statuses: `'2xx'`. */
export type StatusClass = '1xx' | '2xx' | '3xx' | '4xx' | '5xx'

/** The good statuses: one, a class, or several of these. */
export type StatusExpectation = number | StatusClass | readonly (number | StatusClass)[]

export function isExpectedStatus(status: number, expected: StatusExpectation): boolean {
  return listOf(expected).some((one) => one === status || one === `${Math.floor(status / 100)}xx`)
}

/** The schema of the option `status`. */
export function statusExpectation(): GenericSchema {
  return anything(
    (input) => listOf(input).length > 0 && listOf(input).every(isStatusOrClass),
    `a status from 100 to 599, a class such as '2xx', or an array of these`,
  )
}

function listOf<T>(given: T | readonly T[]): readonly T[] {
  return Array.isArray(given) ? given : [given as T]
}

function isStatusOrClass(input: unknown): boolean {
  if (typeof input === 'string') return /^[1-5]xx$/.test(input)
  return typeof input === 'number' && Number.isInteger(input) && input >= 100 && input <= 599
}
