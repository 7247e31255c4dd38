import type { IncomingHttpHeaders } from 'node:http'

/** What a dependency does with its requests; `ok` is the only mode in which it works. */
export type Mode = 'ok' | 'down' | 'slow' | 'hang' | 'wrong'

/** Every mode there is. */
export const modes: readonly Mode[] = ['ok', 'down', 'slow', 'hang', 'wrong']

/** One request as it came in, its body whole. */
export interface Received {
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** What becomes of a request: the right answer, a wrong one, or a socket torn down without any. */
export type Verdict = 'answer' | 'wrong' | 'drop'

/** How a mode is set. */
export interface ModeOptions {
  /** The delay of `slow` in milliseconds; without it the last one given stays. */
  readonly slowMs?: number | undefined
  /** Only for requests that say `Allclear-Region: REGION`; all others are answered. Without it for all. */
  readonly region?: string | undefined
}

/** The switch that a dependency stands behind. */
export interface Faults {
  readonly mode: () => Mode
  readonly set: (mode: Mode, options?: ModeOptions) => void
  /** Back to `ok`. Requests that hang lose their sockets; slow ones are answered now. */
  readonly mend: () => void
  /** Keeps every request waiting, whatever the mode, until the function it gives is called. */
  readonly hold: () => () => void
  /** How many requests came in since the start or the last `resetHits`. */
  readonly hits: () => number
  readonly resetHits: () => void
  readonly last: () => Received | undefined
  /** Resolves once `hits()` is at least `count`. */
  readonly arrived: (count: number) => Promise<void>
  /** For the server: counts the request and says, when its time has come, what becomes of it. */
  readonly admit: (request: Received, gone: AbortSignal) => Promise<Verdict>
}

/** A switch that starts as `ok`. `slowMs` (default 1500) is the delay of `slow` in milliseconds. */
export function createFaults({ slowMs = 1500 }: { readonly slowMs?: number | undefined } = {}): Faults {
  const changes = createChanges()
  let mode: Mode = 'ok'
  let delayMs = slowMs
  let region: string | undefined
  let holds = 0
  let hits = 0
  let last: Received | undefined

  function set(next: Mode, options: ModeOptions = {}): void {
    mode = next
    delayMs = options.slowMs ?? delayMs
    region = options.region
    changes.tell()
  }

  function modeFor({ headers }: Received): Mode {
    return region === undefined || headers['allclear-region'] === region ? mode : 'ok'
  }

  function hold(): () => void {
    let held = true
    holds += 1
    return () => {
      if (held) holds -= 1
      held = false
      changes.tell()
    }
  }

  async function delay(gone: AbortSignal): Promise<void> {
    let due = false
    const timer = setTimeout(() => {
      due = true
      changes.tell()
    }, delayMs)
    await changes.until(() => due || mode !== 'slow', gone)
    clearTimeout(timer)
  }

  async function admit(request: Received, gone: AbortSignal): Promise<Verdict> {
    hits += 1
    last = request
    // The mode of the moment decides in which the request arrives or, if it is held, is released; it is read
    // right there, because whoever awaits that moment may well switch the mode next.
    let decided = modeFor(request)
    const released = changes.until(() => {
      decided = modeFor(request)
      return holds === 0
    }, gone)
    changes.tell()
    await released
    if (decided === 'slow') await delay(gone)
    if (decided === 'hang') await changes.until(() => mode !== 'hang', gone)
    if (decided === 'hang' || decided === 'down') return 'drop'
    return decided === 'wrong' ? 'wrong' : 'answer'
  }

  return {
    mode: () => mode,
    set,
    mend: () => set('ok'),
    hold,
    hits: () => hits,
    resetHits: () => {
      hits = 0
    },
    last: () => last,
    arrived: (count) => changes.until(() => hits >= count),
    admit,
  }
}

interface Changes {
  /** Waits for a condition, asked again at each `tell`, or for the asker to be gone. */
  readonly until: (condition: () => boolean, gone?: AbortSignal) => Promise<void>
  readonly tell: () => void
}

function createChanges(): Changes {
  const waiting = new Set<() => void>()

  function until(condition: () => boolean, gone?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!condition() && !gone?.aborted) return
        waiting.delete(look)
        gone?.removeEventListener('abort', look)
        resolve()
      }
      waiting.add(look)
      gone?.addEventListener('abort', look)
      look()
    })
  }

  return { until, tell: () => [...waiting].forEach((look) => look()) }
}
