/** All of them share one listener, because a run would add so many that Node warns of a leak. */
const ends: (() => void)[] = []
process.once('exit', () => {
  for (const end of ends) end()
})

/** Calls `end` when this process exits, also by an error or a signal. `end` must be synchronous. */
export function atExit(end: () => void): void {
  ends.push(end)
}
