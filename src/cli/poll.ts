import type { JsonReport } from '../formats/json.ts'
import { type Asked, ask } from './ask.ts'
import { endpointOf } from './endpoint.ts'
import { complain, fault } from './exit.ts'
import type { Io } from './io.ts'
import { type ShowOptions, repeat } from './repeat.ts'
import { duration } from './table.ts'

export interface PollOptions extends ShowOptions {
  readonly url: string
  readonly timeoutMs: number
  /** The environment variable that holds the token. Default `ALLCLEAR_TOKEN`, if it is set. */
  readonly tokenEnv: string | undefined
}

/** `allclear poll`: asks an endpoint of Allclear, wherever it runs, and shows what it answers. */
export async function poll(options: PollOptions, io: Io): Promise<number> {
  const endpoint = endpointOf(options.url)
  if ('error' in endpoint) return fault(io, endpoint.error)
  const found = tokenIn(io.env, options.tokenEnv)
  if ('error' in found) return fault(io, found.error)
  const { url } = endpoint
  let wasRefused = false
  const look = async (say: (text: string) => void): Promise<Asked> => {
    say(`asking ${url.href}`)
    const asked = await ask(url, { ...options, ...found, fetch: io.fetch, signal: io.signal })
    if ('report' in asked && asked.isRefused && !wasRefused) {
      complain(io, 'the token was not accepted, so the endpoint gave its public answer')
      wasRefused = true
    }
    return asked
  }
  return repeat(
    async (say) => {
      const asked = await look(say)
      if ('error' in asked) return { error: `${url.href}: ${asked.error}` }
      return { report: asked.report, name: url.href, when: since(asked.report) }
    },
    options,
    io,
  )
}

function since({ checks, checked_at: at, age_ms: age, state }: JsonReport): string {
  const local = state === undefined ? '' : ', state local'
  if (age !== null) return `checked ${duration(age)} ago${local}`
  if (at !== null) return `checked at ${at}${local}`
  return Object.keys(checks).length > 0 ? `not checked yet${local}` : ''
}

/** A token comes by the environment alone: a command line is there for all to read. */
function tokenIn(
  env: Io['env'],
  name: string | undefined,
): { readonly token: string | undefined } | { readonly error: string } {
  const token = env[name ?? 'ALLCLEAR_TOKEN']?.trim()
  if (token === undefined || token === '') {
    if (name === undefined) return { token: undefined }
    return { error: `--token-env: the environment has no ${name}` }
  }
  // fetch refuses it with a text that holds it.
  if (!/^[\u0021-\u007e]+$/.test(token)) {
    return { error: `${name ?? 'ALLCLEAR_TOKEN'} of the environment holds characters that no token has` }
  }
  return { token }
}
