/**
 * Holds the lock file to what `npm ci` needs elsewhere than on the machine that wrote it: every platform's
 * optional binaries, and no registry's address.
 *
 * Run as a script it reads the repository's own lock file and exits with 1 when that has a fault.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** As much of a lock file as is looked at. */
export interface LockFile {
  readonly packages: Readonly<Record<string, LockedPackage>>
}

interface LockedPackage {
  readonly resolved?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** Every fault of a lock file, a line each; none when it is good. */
export function lockFaults({ packages }: LockFile): string[] {
  return Object.entries(packages).flatMap(([path, { optionalDependencies = {}, resolved = '' }]) => [
    ...Object.keys(optionalDependencies)
      .filter((name) => !places(path, name).some((place) => place in packages))
      .map((name) => `${path || 'the root'}: its optional dependency ${name} is not in the lock file`),
    ...(/^[a-z+]+:\/\/[^/]/i.test(resolved) ? [`${path}: its "resolved" names a host`] : []),
  ])
}

/** Where npm may have put what the package at `path` depends on, nearest first. */
function places(path: string, name: string): string[] {
  const parents = path.split(/(?:^|\/)node_modules\//).slice(1)
  return Array.from({ length: parents.length + 1 }, (_, up) =>
    [...parents.slice(0, parents.length - up), name].map((parent) => `node_modules/${parent}`).join('/'),
  )
}

if (import.meta.main) {
  const text = await readFile(join(import.meta.dirname, '../../package-lock.json'), 'utf8')
  const faults = lockFaults(JSON.parse(text) as LockFile)
  for (const fault of faults) console.error(`package-lock.json: ${fault}`)
  process.exitCode = faults.length === 0 ? 0 : 1
}
