import { statfs } from 'node:fs/promises'
import type { DiskUsage, Machine } from '../core/check.ts'
import { loadNodeSend, nodeSend } from './node-send.ts'

const underWay = new Map<string, Promise<DiskUsage>>()

/** The most questions at once. All of Node has four threads, and a lost filesystem keeps the one that asks it. */
const MAX_THREADS = 2
/** A question that takes longer than this, in milliseconds, is one of a lost filesystem. */
const LOST_MS = 250

/** The abilities of a Node process beyond `fetch`. */
export const nodeMachine: Machine = { diskUsage, send: nodeSend, ready: loadNodeSend }

/**
 * Measures a disk of this machine.
 *
 * A network filesystem that is lost keeps the question, and the thread that asked it, for ever. So a question that was
 * not answered yet is never asked again, and where lost filesystems have all the threads that they may have, no other
 * one is asked: the answer is `undefined`.
 */
async function diskUsage(path: string): Promise<DiskUsage | undefined> {
  const end = performance.now() + LOST_MS
  while (!underWay.has(path) && underWay.size >= MAX_THREADS) {
    const leftMs = end - performance.now()
    if (leftMs <= 0) return undefined
    await settledWithin(leftMs)
  }
  const asked = underWay.get(path) ?? measure(path).finally(() => underWay.delete(path))
  underWay.set(path, asked)
  return asked
}

/** Waits until any question is answered, and no longer than this. */
async function settledWithin(ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const tooLong = new Promise((resolve) => (timer = setTimeout(resolve, ms)))
  await Promise.race([tooLong, ...[...underWay.values()].map((one) => one.catch(() => {}))])
  clearTimeout(timer)
}

async function measure(path: string): Promise<DiskUsage> {
  const { bsize, blocks, bavail } = await statfs(path)
  return { size: bsize * blocks, available: bsize * bavail }
}
