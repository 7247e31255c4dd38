import type { Context } from 'hono'
import { timingSafeEqual } from 'hono/utils/buffer'
import type { Health } from '../core/define.ts'

/**
 * Whether the caller bears the token. It only opens private detail, so a wrong token gets the public answer: a
 * monitor whose token was rotated must not read as an outage. The header says that it was not accepted (RFC 9110, 11.6.1).
 */
export async function isAuthorized(c: Context, health: Health<never>): Promise<boolean> {
  const given = /^Bearer +(.+)$/i.exec(c.req.header('Authorization') ?? '')?.[1]
  if (given === undefined) return false
  const expected = tokenOf(health, c.env)
  // hono hashes both sides first, so neither length nor content shows in the time it takes.
  if (expected !== undefined && (await timingSafeEqual(given, expected))) return true
  c.header('WWW-Authenticate', 'Bearer error="invalid_token"')
  return false
}

function tokenOf({ token }: Health<never>, env: unknown): string | undefined {
  try {
    const expected: unknown = typeof token === 'function' ? token(env as never) : token
    return typeof expected === 'string' && expected !== '' ? expected : undefined
  } catch {
    return undefined // No token can be had from this env, so none opens anything.
  }
}
