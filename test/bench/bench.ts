import type { Upstream } from './upstream.ts'

/** One number of the table. */
export interface Figure {
  readonly name: string
  readonly value: number
  /** What follows the number; a ratio has none. */
  readonly unit?: string
  /** Without it the figure is there to compare with. */
  readonly goal?: { readonly atLeast: number } | { readonly atMost: number }
  /** How far the samples were apart, and what else it takes to judge the number. */
  readonly note?: string
}

/** What the benches run on. */
export interface Stage {
  readonly upstream: Upstream
  /** Where a Worker listens: `http://127.0.0.1:PORT`. */
  readonly originOf: (worker: string) => string
}

/** Measures some figures that belong together. To add one, write a module and list it in run.ts. */
export interface Bench {
  readonly name: string
  /** The Workers that it needs: NAME stands for NAME.worker.ts. Each is bound to the upstream as `UPSTREAM`. */
  readonly workers: readonly string[]
  /** Throws when it cannot measure. */
  readonly measure: (stage: Stage) => Promise<readonly Figure[]>
}
