import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { build } from 'esbuild'

/**
 * All modules that a module of `src` imports, directly or not: files by their paths, modules of a platform by their
 * names. Nothing is tree-shaken.
 *
 * @param conditions The conditions of `exports` on the module's platform.
 * @param format `cjs` throws where a module awaits at its top level, which no `require` can load.
 */
export async function reachedFrom(
  file: string,
  conditions: readonly string[],
  format: 'cjs' | 'esm' = 'esm',
): Promise<readonly string[]> {
  const { metafile } = await build({
    absWorkingDir: join(import.meta.dirname, '../..'),
    entryPoints: [`src/${file}`],
    bundle: true,
    write: false,
    metafile: true,
    format,
    conditions: [...conditions],
    mainFields: ['module', 'main'],
    external: ['cloudflare:*', 'node:*', ...builtinModules],
    logLevel: 'silent',
  })
  const inputs = Object.entries(metafile.inputs)
  return inputs.flatMap(([path, { imports }]) => [
    path,
    ...imports.filter(({ external }) => external).map((one) => one.path),
  ])
}
