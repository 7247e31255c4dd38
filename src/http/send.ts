import type { Answer } from '../core/plugin.ts'
import { isWorker } from '../drivers/platform.ts'

const JSON_TYPE = 'application/json'

const HEADERS = {
  'Content-Type': JSON_TYPE,
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
} as const

/**
 * Nearly all answers differ in nothing but the status, so their headers are made once. Workers copy a `Headers` faster
 * than an object; Node's server takes an object as it is.
 */
const plain: Record<string, ResponseInit> = {}

/** Every response there is. Not through hono, whose way to set headers costs more than all the rest of a poll. */
export function send(
  { code = 200, status, headers, type = JSON_TYPE, body }: Answer,
  method: string,
  access?: Readonly<Record<string, string>>,
): Response {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const common = status === undefined ? HEADERS : { ...HEADERS, 'Allclear-Status': status }
  const isPlain = code === 200 && headers === undefined && access === undefined && type === JSON_TYPE
  if (isPlain && method !== 'HEAD') {
    return new Response(
      text,
      (plain[status ?? ''] ??= { status: 200, headers: isWorker ? new Headers(common) : common }),
    )
  }
  const all = { ...common, 'Content-Type': type, ...headers, ...access }
  if (method !== 'HEAD') return new Response(text, { status: code, headers: all })
  // HEAD tells the length that GET would have, since platforms know only that of what they send.
  const length = String(new TextEncoder().encode(text).length)
  return new Response(null, { status: code, headers: { ...all, 'Content-Length': length } })
}
