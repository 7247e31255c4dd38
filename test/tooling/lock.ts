/**
 * Checks that `npm ci` works with the lock file on other machines: it has the optional binaries of every platform, and
 * no address of a registry.
 *
 * As a script it checks the lock file of the repository, and exits with 1 at a fault.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The part of a lock file that is checked. */
export interface LockFile {
  readonly packages: Readonly<Record<string, LockedPackage>>
}

interface LockedPackage {
  readonly resolved?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** Gives one line for each fault of a lock file. */
export function lockFaults({ packages }: LockFile): string[] {
  return Object.entries(packages).flatMap(([path, { optionalDependencies = {}, resolved = '' }]) => [
    ...Object.keys(optionalDependencies)
      .filter((name) => !places(path, name).some((place) => place in packages))
      .map((name) => `${path || 'the root'}: its optional dependency ${name} is not in the lock file`),
    ...(/^[a-z+]+:\/\/[^/]/i.test(resolved) ? [`${path}: its "resolved" names a host`] : []),
  ])
}

/** The places where npm may have installed a dependency of the package at `path`, nearest first. */
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
