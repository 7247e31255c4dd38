/**
 * Ends something that the run started, whichever way this process goes: at its end, by an error or by a signal.
 * Nothing asynchronous happens in there any more.
 */
export function atExit(end: () => void): void {
  process.once('exit', end)
}
