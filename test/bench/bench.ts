import type { Upstream } from './upstream.ts'

/** One number of the table. */
export interface Figure {
  readonly name: string
  readonly value: number
  /** The unit after the number. A ratio has none. */
  readonly unit?: string
  /** Default none: the figure is only a reference. */
  readonly goal?: { readonly atLeast: number } | { readonly atMost: number }
  /** The spread of the samples, and whatever else helps to judge the number. */
  readonly note?: string
}

/** The servers that the benches run against. */
export interface Stage {
  readonly upstream: Upstream
  /** The origin of a Worker: `http://127.0.0.1:PORT`. */
  readonly originOf: (worker: string) => string
}

/** Measures related figures. To add a bench, write a module and list it in run.ts. */
export interface Bench {
  readonly name: string
  /** The Workers to start: NAME means NAME.worker.ts. Each has the upstream's origin as `UPSTREAM`. */
  readonly workers: readonly string[]
  /** @throws if it cannot measure. */
  readonly measure: (stage: Stage) => Promise<readonly Figure[]>
}
