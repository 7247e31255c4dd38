import { type LookupAddress, lookup as systemLookup, promises } from 'node:dns'
import { readFileSync, statSync } from 'node:fs'
import type { LookupFunction } from 'node:net'
import { join } from 'node:path'

/** The files and name servers that resolve names. */
export interface NameSystem {
  /** The text of the hosts file. */
  readonly hosts: () => string
  /** The text of `resolv.conf`. */
  readonly resolvConf: () => string
  /** The name servers, as `setServers` takes them. Default those of the system. */
  readonly servers?: readonly string[]
  /** Asks the system, which can neither be given up nor asked many things at once. */
  readonly system: (hostname: string) => Promise<readonly LookupAddress[]>
}

const HOSTS =
  process.platform === 'win32'
    ? join(process.env['SystemRoot'] ?? 'C:\\Windows', 'System32/drivers/etc/hosts')
    : '/etc/hosts'

export const systemNames: NameSystem = {
  hosts: fileReader(HOSTS),
  resolvConf: fileReader('/etc/resolv.conf'),
  system: (hostname) =>
    new Promise((resolve, reject) => {
      systemLookup(hostname, { all: true }, (error, found) =>
        error === null ? resolve(found) : reject(error),
      )
    }),
}

/** Once one family has an answer, the other one gets this much longer, in milliseconds. */
const GRACE_MS = 50

/** The answers by which a name server says that there is no such name, or by which there is no name server. */
const SAYS_NO: readonly unknown[] = ['ENOTFOUND', 'ENODATA', 'ECONNREFUSED', 'EBADNAME', 'ENONAME']

/**
 * Makes the `lookup` of one request, which ends with the signal.
 *
 * Node's own takes a thread for as long as a name server keeps silent. Two dead zones take all the threads that it may
 * have, and every other lookup waits. So names are looked up as the system would, by the hosts file and the search
 * domains, but without a thread. The system itself is asked for what only it may know, and never two things at once.
 */
export function lookupFor(signal: AbortSignal, names: NameSystem): LookupFunction {
  return (hostname, { all = false, family }, callback) => {
    const isWanted = (one: LookupAddress): boolean =>
      ![4, 6].includes(Number(family)) || one.family === family
    const answer = async (): Promise<void> => {
      const found = await find(hostname, signal, names).catch((error: NodeJS.ErrnoException) => error)
      if (!Array.isArray(found)) return callback(found as NodeJS.ErrnoException, [])
      const wanted = (found as readonly LookupAddress[]).filter(isWanted)
      const [first] = wanted
      if (first === undefined) callback(notFound(hostname), [])
      else if (all) callback(null, wanted)
      else callback(null, first.address, first.family)
    }
    void answer()
  }
}

async function find(
  hostname: string,
  signal: AbortSignal,
  names: NameSystem,
): Promise<readonly LookupAddress[]> {
  const known = inHosts(names.hosts(), hostname.replace(/\.$/, '').toLowerCase())
  if (known.length > 0) return known
  if (/(?:^|\.)localhost\.?$/i.test(hostname)) return LOOPBACK
  const resolver = new promises.Resolver()
  if (names.servers !== undefined) resolver.setServers(names.servers)
  const cancel = (): void => resolver.cancel()
  signal.addEventListener('abort', cancel)
  let failure: unknown
  try {
    signal.throwIfAborted()
    for (const candidate of candidates(hostname, names.resolvConf())) {
      const { found, error } = await ask(resolver, candidate)
      if (found.length > 0) return found
      signal.throwIfAborted()
      failure = isNo(failure) || failure === undefined ? error : failure
    }
    if (!isNo(failure)) throw failure
  } finally {
    signal.removeEventListener('abort', cancel)
  }
  return oneByOne(() => names.system(hostname), { signal, failure })
}

const LOOPBACK: readonly LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
]

interface Asked {
  readonly found: readonly LookupAddress[]
  /** The failure that says the least: a server that keeps silent has not said that there is no such name. */
  readonly error: unknown
}

async function ask(resolver: promises.Resolver, name: string): Promise<Asked> {
  const found: LookupAddress[] = []
  let error: unknown
  const asked = ([4, 6] as const).map(async (family) => {
    try {
      const addresses = await (family === 4 ? resolver.resolve4(name) : resolver.resolve6(name))
      found.push(...addresses.map((address) => ({ address, family })))
    } catch (thrown) {
      if (error === undefined || isNo(error)) error = thrown
      throw thrown
    }
  })
  const all = Promise.allSettled(asked)
  const isFound = await Promise.any(asked).then(
    () => true,
    () => false,
  )
  let timer: ReturnType<typeof setTimeout> | undefined
  if (isFound) {
    await Promise.race([all, new Promise((resolve) => (timer = setTimeout(resolve, GRACE_MS)))])
    clearTimeout(timer)
  }
  // A machine without IPv6 has lost nothing by an IPv4 address that comes first; the other way round it waits.
  return { found: found.toSorted((a, b) => a.family - b.family), error }
}

function isNo(error: unknown): boolean {
  return SAYS_NO.includes((error as { readonly code?: unknown } | undefined)?.code)
}

function notFound(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' })
}

let underWay: Promise<unknown> = Promise.resolve()

/** The longest that the system is waited for, in milliseconds, once the name server has said that there is no such name. */
const SYSTEM_MS = 500

/**
 * Asks questions one after the other. One that has not got its answer in time ends with what the name server said, and
 * is never asked if it still waits for its turn.
 */
async function oneByOne<T>(
  question: () => Promise<T>,
  { signal, failure }: { readonly signal: AbortSignal; readonly failure: unknown },
): Promise<T> {
  const given = Promise.withResolvers<never>()
  const giveUp = (): void => given.reject(signal.aborted ? signal.reason : failure)
  const timer = setTimeout(giveUp, SYSTEM_MS)
  signal.addEventListener('abort', giveUp)
  let isOver = signal.aborted
  if (isOver) giveUp()
  const answered = underWay.then(() => {
    if (isOver) throw failure
    return question()
  })
  underWay = answered.catch(() => {})
  try {
    return await Promise.race([answered, given.promise])
  } finally {
    isOver = true
    clearTimeout(timer)
    signal.removeEventListener('abort', giveUp)
  }
}

/** The names to ask for, in the system's order. */
function candidates(hostname: string, resolvConf: string): readonly string[] {
  if (hostname.endsWith('.')) return [hostname.slice(0, -1)]
  let search: readonly string[] = []
  let dots = 1
  for (const line of resolvConf.split('\n')) {
    const [word, ...rest] = line.trim().split(/\s+/)
    if (word === 'search') search = rest
    if (word === 'domain') search = rest.slice(0, 1)
    if (word === 'options') dots = Number(/\bndots:(\d+)/.exec(line)?.[1] ?? dots)
  }
  const longer = search.map((domain) => `${hostname}.${domain.replace(/\.$/, '')}`)
  return hostname.split('.').length - 1 >= dots ? [hostname, ...longer] : [...longer, hostname]
}

function inHosts(text: string, name: string): readonly LookupAddress[] {
  // Most names are in no hosts file, which may be long.
  if (!text.toLowerCase().includes(name)) return []
  return text.split('\n').flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/)
    if (!names.some((one) => one.toLowerCase() === name)) return []
    return [{ address, family: address.includes(':') ? 6 : 4 }]
  })
}

/** Reads a file again only when it has changed; one that cannot be read is empty. */
function fileReader(path: string): () => string {
  let stamp = ''
  let text = ''
  return () => {
    try {
      const { mtimeMs, size, ino } = statSync(path)
      const now = [mtimeMs, size, ino].join()
      if (now !== stamp) [stamp, text] = [now, readFileSync(path, 'utf8')]
      return text
    } catch {
      return ''
    }
  }
}
