import { statfs } from 'node:fs/promises'
import type { DiskUsage, Machine } from '../core/check.ts'

const underWay = new Map<string, Promise<DiskUsage>>()

/** The abilities of a Node process beyond `fetch`. */
export const nodeMachine: Machine = { diskUsage }

/**
 * Measures a disk of this machine.
 *
 * A network filesystem that is lost keeps the question, and the thread that asked it, for ever. All of Node has four
 * such threads, so a question that was not answered yet is never asked again.
 */
function diskUsage(path: string): Promise<DiskUsage> {
  const asked = underWay.get(path) ?? measure(path).finally(() => underWay.delete(path))
  underWay.set(path, asked)
  return asked
}

async function measure(path: string): Promise<DiskUsage> {
  const { bsize, blocks, bavail } = await statfs(path)
  return { size: bsize * blocks, available: bsize * bavail }
}
