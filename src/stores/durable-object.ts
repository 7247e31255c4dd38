import type { Region } from '../core/region.ts'
import type { CellObject } from './durable-object-cell.ts'
import type { Store } from './store.ts'

/** The flags that the platform sets on errors of calls to an object. */
interface ObjectError {
  readonly overloaded?: boolean
  readonly retryable?: boolean
  readonly durableObjectReset?: boolean
}

/** A store whose object can also have rounds run in its own place. */
export interface RegionalStore extends Pick<CellObject, 'ensure' | 'revive'> {
  readonly store: Store
}

/**
 * Keeps the state in the Durable Object of that name, one for the whole world. Its place is chosen when it is first
 * called for, so the region is given at every call.
 */
export function durableObject(
  namespace: DurableObjectNamespace,
  name: string,
  region?: Region,
): RegionalStore {
  const place = region === undefined ? {} : { locationHint: region as DurableObjectLocationHint }
  const call = async <T>(use: (cell: CellObject) => T | Promise<T>): Promise<T> => {
    // A stub whose object was reset stays broken, so every attempt takes a new one.
    const attempt = async (): Promise<T> => use(namespace.getByName(name, place) as unknown as CellObject)
    try {
      return await attempt()
    } catch (error) {
      const { overloaded, retryable, durableObjectReset } = error as ObjectError
      // An overloaded object must not be asked again; each of the calls may be repeated safely.
      if (overloaded || !(retryable || durableObjectReset)) throw error
      return attempt()
    }
  }
  return {
    store: {
      begin: (id) => call((cell) => cell.begin(id)),
      settled: (waitMs) => call((cell) => cell.settled(waitMs)),
      complete: (lease, results, colo) => call((cell) => cell.complete(lease, results, colo)),
    },
    ensure: (host) => call((cell) => cell.ensure(host)),
    revive: () => call((cell) => cell.revive()),
  }
}
