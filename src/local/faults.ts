import type { IncomingHttpHeaders } from 'node:http'

/** How a dependency treats its requests. Only `ok` gives right answers. */
export type Mode = 'ok' | 'down' | 'slow' | 'hang' | 'wrong'

export const modes: readonly Mode[] = ['ok', 'down', 'slow', 'hang', 'wrong']

/** One request with its whole body. */
export interface Received {
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** The fate of a request: the right answer, a wrong answer, or a destroyed socket. */
export type Verdict = 'answer' | 'wrong' | 'drop'

export interface ModeOptions {
  /** The delay of `slow` in milliseconds. Default the last one that was set. */
  readonly slowMs?: number | undefined
  /** Limits the mode to requests with the header `Allclear-Region: REGION`. Default all requests. */
  readonly region?: string | undefined
}

/** The fault switch of a dependency. */
export interface Faults {
  readonly mode: () => Mode
  readonly set: (mode: Mode, options?: ModeOptions) => void
  /** Sets `ok`. The sockets of hanging requests are destroyed; slow requests are answered at once. */
  readonly mend: () => void
  /** Keeps every request waiting, in any mode, until the returned function is called. */
  readonly hold: () => () => void
  /** Counts the requests since the start or the last `resetHits`. */
  readonly hits: () => number
  readonly resetHits: () => void
  readonly last: () => Received | undefined
  /** Resolves once `hits()` is at least `count`. */
  readonly arrived: (count: number) => Promise<void>
  /** Called by the server: counts the request, waits as the mode demands, and gives the fate of the request. */
  readonly admit: (request: Received, gone: AbortSignal) => Promise<Verdict>
}

/**
 * Makes a switch in the mode `ok`.
 *
 * @param options `slowMs` is the delay of `slow` in milliseconds. Default 1500.
 */
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
    // The mode at arrival counts, or at release where the request is held. It is read synchronously at that moment,
    // because a test that awaits the moment may change the mode right after it.
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
  /** Resolves once the condition holds, which each `tell` evaluates again, or once `gone` aborts. */
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
