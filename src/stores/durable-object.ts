import type { Region } from '../core/region.ts'
import type { CellObject } from './durable-object-cell.ts'
import type { Store } from './store.ts'

/** The flags that the platform sets on errors of calls to an object. */
interface ObjectError {
  readonly overloaded?: boolean
  readonly retryable?: boolean
  readonly durableObjectReset?: boolean
}

/** A store whose object can also have rounds run where the object is. */
export interface ObjectStore extends Store, Pick<CellObject, 'ensure' | 'revive'> {}

/**
 * Keeps the state in the Durable Object of that name, of which there is one in the world. The platform places it near
 * the region of the first call, so every call names the region.
 */
export function durableObject(namespace: DurableObjectNamespace, name: string, region?: Region): ObjectStore {
  const options = region === undefined ? {} : { locationHint: region as DurableObjectLocationHint }
  const call = async <T>(use: (cell: CellObject) => T | Promise<T>): Promise<T> => {
    // A stub stays broken after its object was reset, so every attempt takes a new stub.
    const attempt = async (): Promise<T> => use(namespace.getByName(name, options) as unknown as CellObject)
    try {
      return await attempt()
    } catch (error) {
      const { overloaded, retryable, durableObjectReset } = error as ObjectError
      // A retry makes an overload worse. In the other cases it is safe: every call may be repeated.
      if (overloaded || !(retryable || durableObjectReset)) throw error
      return attempt()
    }
  }
  return {
    begin: (id, { ttlMs } = {}) => call((cell) => cell.begin(id, ttlMs)),
    settled: (waitMs) => call((cell) => cell.settled(waitMs)),
    complete: (lease, results, colo) => call((cell) => cell.complete(lease, results, colo)),
    ensure: (host, ttlMs) => call((cell) => cell.ensure(host, ttlMs)),
    revive: () => call((cell) => cell.revive()),
  }
}
