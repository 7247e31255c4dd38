import type { Reader } from '../../core/plugin.ts'

/** Liveness: it touches no dependency and no store. */
export function live(path: string): Reader {
  return { path, answer: () => ({ status: 'healthy', body: '{"status":"healthy"}' }) }
}
