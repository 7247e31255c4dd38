import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The version of this package. */
export async function version(): Promise<string> {
  // As far from dist/cli as from src/cli.
  const manifest = await readFile(join(import.meta.dirname, '../../package.json'), 'utf8')
  return (JSON.parse(manifest) as { readonly version: string }).version
}
