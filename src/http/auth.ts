import type { Context } from 'hono'
import type { Health } from '../core/define.ts'

/** What a caller may see, and what to say of the token that it came with. */
export interface Access {
  readonly isPrivate: boolean
  readonly headers: Readonly<Record<string, string>>
}

const PUBLIC: Access = { isPrivate: false, headers: {} }
const PRIVATE: Access = { isPrivate: true, headers: {} }
const REFUSED: Access = { isPrivate: false, headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' } }

/**
 * Whether the caller bears the token. It only opens private detail, so a wrong token gets the public answer: a
 * monitor whose token was rotated must not read as an outage. The header says that it was not accepted (RFC 9110, 11.6.1).
 */
export async function accessOf(c: Context, health: Health<never>, env: unknown): Promise<Access> {
  const given = /^Bearer +(.+)$/i.exec(c.req.header('Authorization') ?? '')?.[1]
  if (given === undefined) return PUBLIC
  const expected = tokenOf(health, env)
  return expected !== undefined && (await isSame(given, expected)) ? PRIVATE : REFUSED
}

/** Compares digests, all of them, so that neither length nor content shows in the time that it takes. */
async function isSame(a: string, b: string): Promise<boolean> {
  const digests = [a, b].map((text) => crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
  const [left, right] = (await Promise.all(digests)).map((digest) => new Uint8Array(digest))
  return left?.reduce((difference, byte, index) => difference | (byte ^ (right?.[index] ?? 256)), 0) === 0
}

function tokenOf({ token }: Health<never>, env: unknown): string | undefined {
  try {
    const expected: unknown = typeof token === 'function' ? token(env as never) : token
    return typeof expected === 'string' && expected !== '' ? expected : undefined
  } catch {
    return undefined // No token can be had from this env, so none opens anything.
  }
}
