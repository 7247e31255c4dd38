import type { JsonReport } from '../formats/json.ts'
import { type Answered, ask } from './ask.ts'
import { endpointOf } from './endpoint.ts'
import { EXIT, complain, fault } from './exit.ts'
import type { Io } from './io.ts'
import { type ShowOptions, repeat } from './repeat.ts'
import { duration } from './table.ts'

export interface PollOptions extends ShowOptions {
  readonly url: string
  readonly timeoutMs: number
  /** The environment variable that holds the token. Default `ALLCLEAR_TOKEN`, if it is set. */
  readonly tokenEnv: string | undefined
}

/** `allclear poll`: asks an endpoint of Allclear for its report and shows it. */
export async function poll(options: PollOptions, io: Io): Promise<number> {
  const endpoint = endpointOf(options.url)
  if ('error' in endpoint) return fault(io, endpoint.error)
  const found = tokenIn(io.env, options.tokenEnv)
  if ('error' in found) return fault(io, found.error)
  const { url } = endpoint
  let wasRefused = false
  const look = async (say: (text: string) => void): Promise<Answered> => {
    say(`asking ${url.href}`)
    const answered = await ask(url, { ...options, ...found, fetch: io.fetch, signal: io.signal })
    if ('report' in answered && answered.isRefused && !wasRefused) {
      complain(io, 'the token was not accepted, so the endpoint gave its public answer')
      wasRefused = true
    }
    return answered
  }
  return repeat(
    async (say) => {
      const answered = await look(say)
      if ('error' in answered) return { error: `${url.href}: ${answered.error}` }
      const { report, code } = answered
      const isFailed = code === 503
      if (isFailed && report.status === 'degraded' && !mayFailDegraded(url)) {
        complain(io, `${url.href}: http 503, though the body says degraded`)
      }
      return { report, name: url.href, when: since(report), exit: isFailed ? EXIT.unhealthy : undefined }
    },
    options,
    io,
  )
}

/** Whether the URL asks for 503 where the report is degraded. */
function mayFailDegraded({ searchParams }: URL): boolean {
  return searchParams.get('fail') === 'degraded'
}

function since({ checks, checked_at: at, age_ms: age, state }: JsonReport): string {
  const local = state === undefined ? '' : ', state local'
  if (age !== null) return `checked ${duration(age)} ago${local}`
  if (at !== null) return `checked at ${at}${local}`
  return Object.keys(checks).length > 0 ? `not checked yet${local}` : ''
}

/** The token comes from the environment only, since other users can read a command line. */
function tokenIn(
  env: Io['env'],
  name: string | undefined,
): { readonly token: string | undefined } | { readonly error: string } {
  const token = env[name ?? 'ALLCLEAR_TOKEN']?.trim()
  if (token === undefined || token === '') {
    if (name === undefined) return { token: undefined }
    return { error: `--token-env: the environment has no ${name}` }
  }
  // fetch would refuse it with an error that quotes the token.
  if (!/^[\u0021-\u007e]+$/.test(token)) {
    return { error: `${name ?? 'ALLCLEAR_TOKEN'} of the environment holds characters that no token has` }
  }
  return { token }
}
