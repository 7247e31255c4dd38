/** One listener for all of them: a run starts more than Node takes for a leak. */
const ends: (() => void)[] = []
process.once('exit', () => {
  for (const end of ends) end()
})

/**
 * Ends something that the run started, whichever way this process goes: at its end, by an error or by a signal.
 * Nothing asynchronous happens in there any more.
 */
export function atExit(end: () => void): void {
  ends.push(end)
}
