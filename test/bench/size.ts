import { gzipSync } from 'node:zlib'
import { bundle } from './bundle.ts'

/** Sizes in kB of 1000 bytes, compressed by gzip. */
export interface Sizes {
  /** The deployable Worker, with every driver. */
  readonly worker: number
  /** What of it is neither Hono nor a driver. */
  readonly own: number
}

export const GOALS: Sizes = { worker: 130, own: 20 }

/** Bundles and compresses. The same sources and packages give the same sizes on every machine. */
export async function measureSizes(): Promise<Sizes> {
  const [worker, drivers] = await Promise.all([
    gzipped('src/worker.ts'),
    gzipped('test/bench/drivers.worker.ts'),
  ])
  return { worker, own: worker - drivers }
}

async function gzipped(path: string): Promise<number> {
  const { code } = await bundle(path)
  return gzipSync(code).length / 1000
}
