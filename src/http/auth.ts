import type { Health } from '../core/define.ts'

/** How a caller stands to the token: it bears it, it bears a wrong one, or none. */
export type Access = 'granted' | 'refused' | 'none'

/**
 * Judges the bearer token of a request. It only opens private detail, so a wrong token gets the public answer: a
 * monitor whose token was rotated must not read as an outage.
 */
export function accessOf(
  authorization: string | null | undefined,
  health: Health<never>,
  env: unknown,
): Access | Promise<Access> {
  if (authorization === null || authorization === undefined) return 'none'
  const given = /^Bearer +(.+)$/i.exec(authorization)?.[1]
  return given === undefined ? 'none' : judged(given, tokenOf(health, env))
}

async function judged(given: string, expected: string | undefined): Promise<Access> {
  return expected !== undefined && (await isSame(given, expected)) ? 'granted' : 'refused'
}

/** Compares digests, all of them, so that neither length nor content shows in the time that it takes. */
async function isSame(a: string, b: string): Promise<boolean> {
  const digests = [a, b].map((text) => crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
  const [left, right] = (await Promise.all(digests)).map((digest) => new Uint8Array(digest))
  return left?.reduce((difference, byte, index) => difference | (byte ^ (right?.[index] ?? 256)), 0) === 0
}

function tokenOf({ token }: Health<never>, env: unknown): string | undefined {
  try {
    const found: unknown = typeof token === 'function' ? token(env as never) : token
    // A line feed at its end, as `echo` leaves one, does not count.
    const expected = typeof found === 'string' ? found.trim() : ''
    return expected === '' ? undefined : expected
  } catch {
    return undefined // No token can be had from this env, so none opens anything.
  }
}
