import type { ObjectEntries } from 'valibot'
import type { BreakerPolicy } from './breaker.ts'
import type { Status } from './status.ts'

/** An option given as it is, or as a function of `env` that gives it. Secrets come only as the function. */
export type Value<Env, T> = T | ((env: Env) => T)

/** The endpoints that a check can count for: `/readyz` and `/startupz`. */
export type ProbeName = 'ready' | 'startup'

/** A number that a check measured, with its unit (`'percent'`, `'connections'`). Shown to a bearer of the token. */
export interface Observed {
  readonly value: number
  readonly unit: string
}

/** The finding of one probe. */
export interface Outcome {
  readonly status: Status
  /** Public, so a few words of your own, and never what a dependency said. */
  readonly detail?: string
  /** Private: the words of the dependency or its driver. Only a bearer of the token sees it. */
  readonly error?: string
  readonly observed?: Observed
}

/** The space of a filesystem, in bytes. */
export interface DiskUsage {
  readonly size: number
  /** The space that unprivileged processes can still take. */
  readonly available: number
}

/** Measures the filesystem that a path is on; `undefined` where lost filesystems keep it from being asked. */
export type MeasureDisk = (path: string) => Promise<DiskUsage | undefined>

/** One HTTP request, its headers complete. */
export interface Outgoing {
  readonly method: string
  readonly headers: Headers
  readonly body?: string | Uint8Array
  readonly signal: AbortSignal
}

/** An answer whose body was not read yet. Each `Response` is one. */
export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly body: ReadableStream<Uint8Array> | null
}

/** Sends one request once, by a connection of its own, and follows no redirect. It rejects with the signal's reason. */
export type Send = (url: string, request: Outgoing) => Promise<Reply>

/** The abilities of a host beyond `fetch`; each is there only where the host has it. */
export interface Machine {
  /** The disks of the machine that the check runs on: Node and Lambda have some, Workers do not. */
  readonly diskUsage?: MeasureDisk
  /** Sends requests better than the platform's `fetch`: Node and Lambda can, Workers cannot. */
  readonly send?: Send
  /** Loads what the first probe needs, before its clock starts. */
  readonly ready?: () => Promise<void>
}

/** Handed to a check when it runs. */
export interface CheckContext<Env> {
  readonly env: Env
  /** Aborts at the check's own deadline; hand it to whatever you await. */
  readonly signal: AbortSignal
  /** The wall clock, in milliseconds since the epoch. */
  readonly now: () => number
  /** The region that it runs in, where the definition names regions: `weur`. */
  readonly region?: string
  readonly machine: Machine
  /**
   * A `fetch` bounded like every request of ours: it follows no redirect, ends with `signal`, and reads the answer to
   * its end, of at most 1 MB, before it gives it. An answer that is longer is an `unexpected body`.
   */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
  /**
   * The text of an option for this `env`, without the white space at its ends. A text that a function of `env` gave is
   * a secret from then on: it is taken out of whatever leaves. Throws a `misconfigured` failure where there is none.
   */
  readonly text: (option: string, value: Value<Env, string>) => string
  /** The same for a value that is no text, such as a binding or a pool. */
  readonly value: <T>(option: string, value: Value<Env, T>) => T
  /** Has a text taken out of whatever leaves, in every spelling it can be sent in, and gives it back. */
  readonly secret: (text: string) => string
}

/** How a result becomes a status: the options that every check takes. */
export interface PolicyOptions {
  /** Its failure makes the whole `unhealthy`; otherwise `degraded`. Default `true`. */
  readonly critical?: boolean
  /** Its own deadline in milliseconds, counted from the moment its probe really starts. Default 5000, or three quarters of `deadlineMs` where that is less. */
  readonly timeoutMs?: number
  /** Slower than this, in milliseconds, is `degraded`. Default none; for redis 50. */
  readonly degradedAboveMs?: number
  /** When to stop probing what is known to be down, or `false`. Default `{ failures: 3 or failAfter, the larger; resetAfterMs: 30000; maxResetAfterMs: 30000 }`. */
  readonly breaker?: Partial<BreakerPolicy> | false
  /** Bad results in a row before the reported status turns bad. Default 1. */
  readonly failAfter?: number
  /** Good results in a row before the reported status turns good. Default 1. */
  readonly recoverAfter?: number
  /** Names for `?tag=`. Default none. */
  readonly tags?: readonly string[]
  /** Which endpoints it counts for. Default `['ready', 'startup']`. */
  readonly probes?: readonly ProbeName[]
}

/** The same options with every default filled in. */
export interface Policy {
  readonly critical: boolean
  readonly timeoutMs: number
  readonly degradedAboveMs: number | undefined
  readonly breaker: BreakerPolicy | false
  readonly failAfter: number
  readonly recoverAfter: number
  readonly tags: readonly string[]
  readonly probes: readonly ProbeName[]
}

/**
 * One kind of check, as its factory gives it: the options as the user wrote them and what is needed to judge them.
 * `defineHealth` validates the options, so that one error can list every fault.
 */
export interface Check<Env> {
  readonly kind: string
  readonly options: PolicyOptions
  /** valibot schemas of the options that only this kind has. */
  readonly entries: ObjectEntries
  /** Defaults of this kind that differ from the common ones. */
  readonly defaults?: PolicyOptions
  /** Whether its details are its own words, which may hold anything, and not those of the fixed vocabulary. */
  readonly hasOwnWords?: boolean
  /** Probes once. It throws, or gives what it found; nothing at all is `healthy`. */
  readonly probe: (context: CheckContext<Env>) => Promise<Outcome | Status | void>
}

/** The public word for a value of `env` that is missing or cannot be used. */
export const MISCONFIGURED = 'misconfigured'

/** Why a check failed, where it knows the public word for it. Anything else that is thrown is an `error`. */
export class CheckFailure extends Error {
  override readonly name = 'CheckFailure'
  readonly detail: string

  /** @param detail public, from the fixed vocabulary. @param message private. */
  constructor(detail: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.detail = detail
  }
}
