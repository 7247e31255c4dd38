/** Lets a number of tasks run at once, the others in turn. */
export type Slots = <T>(task: () => Promise<T>) => Promise<T>

/**
 * Workers let one invocation wait on six connections and queue the seventh silently. So a probe takes its slot here
 * first, and its clock starts when it has one: it is never charged for waiting.
 */
export function slots(count: number): Slots {
  const waiting: (() => void)[] = []
  let free = count
  return async (task) => {
    if (free > 0) free -= 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await task()
    } finally {
      // A slot that is handed on is never free in between, so no newcomer can take it first.
      const next = waiting.shift()
      if (next === undefined) free += 1
      else next()
    }
  }
}
