import { join } from 'node:path'
import { build } from 'esbuild'

const ROOT = join(import.meta.dirname, '../..')

/** A Worker in one ES module. */
export interface Bundle {
  readonly code: string
  /** The names of the module's exports. */
  readonly exports: readonly string[]
}

/** The main module of a Worker: a path in the repository, or source code with imports relative to the repository. */
export type Entry = string | { readonly source: string }

/** Bundles a Worker as `wrangler deploy` does. */
export async function bundle(entry: Entry): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    ...(typeof entry === 'string'
      ? { entryPoints: [entry] }
      : { stdin: { contents: entry.source, resolveDir: ROOT, loader: 'ts' as const } }),
    bundle: true,
    write: false,
    metafile: true,
    // Both as in wrangler.toml.
    minify: true,
    keepNames: false,
    format: 'esm',
    target: 'es2024',
    platform: 'browser',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'silent',
  })
  const [file] = outputFiles
  const [output] = Object.values(metafile.outputs)
  if (file === undefined || output === undefined)
    throw new Error(`esbuild gave no bundle of ${JSON.stringify(entry)}`)
  return { code: file.text, exports: output.exports }
}
