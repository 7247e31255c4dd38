import type { Answer } from '../core/plugin.ts'

const HEADERS = {
  'Content-Type': 'application/json',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
} as const

/** Every response there is. Not through hono, whose way to set headers costs more than all the rest of a poll. */
export function send(
  { code = 200, headers, type, body }: Answer,
  method: string,
  access: Readonly<Record<string, string>> = {},
): Response {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const named = type === undefined ? HEADERS : { ...HEADERS, 'Content-Type': type }
  const all = headers === undefined ? { ...named, ...access } : { ...named, ...headers, ...access }
  if (method !== 'HEAD') return new Response(text, { status: code, headers: all })
  // HEAD tells the length that GET would have, since platforms know only that of what they send.
  const length = String(new TextEncoder().encode(text).length)
  return new Response(null, { status: code, headers: { ...all, 'Content-Length': length } })
}
