import { type ParseArgsConfig, parseArgs } from 'node:util'
import type { CheckOptions } from './check.ts'
import { type Topic, TOPICS } from './help.ts'
import type { InitOptions } from './init.ts'
import type { PollOptions } from './poll.ts'

/** A parsed command line, or its fault. */
export type Command =
  | { readonly kind: 'check'; readonly options: CheckOptions }
  | { readonly kind: 'poll'; readonly options: PollOptions }
  | { readonly kind: 'init'; readonly options: InitOptions }
  | { readonly kind: 'help'; readonly topic: Topic | undefined }
  | { readonly kind: 'version' }
  | { readonly kind: 'none' }
  | { readonly kind: 'fault'; readonly error: string }

type Given = Readonly<Record<string, string | boolean | readonly string[] | undefined>>

const HELP = { help: { type: 'boolean', short: 'h' } } as const
const SHOW = {
  ...HELP,
  json: { type: 'boolean' },
  watch: { type: 'boolean' },
  interval: { type: 'string' },
} as const

const FLAGS: Readonly<Record<Topic, NonNullable<ParseArgsConfig['options']>>> = {
  check: {
    ...SHOW,
    config: { type: 'string' },
    'env-file': { type: 'string' },
    only: { type: 'string', multiple: true },
  },
  poll: { ...SHOW, timeout: { type: 'string' }, 'token-env': { type: 'string' } },
  init: { ...HELP, dir: { type: 'string' } },
}

/** One day. Timers overflow at 24.8 days and would then not wait at all. */
const MAX_SECONDS = 86_400

/** Parses a command line. */
export function commandOf([word, ...rest]: readonly string[]): Command {
  if (word === undefined) return { kind: 'none' }
  if (word === '--help' || word === '-h') return { kind: 'help', topic: undefined }
  if (word === '--version' || word === '-v') return { kind: 'version' }
  if (word === 'help') return helpOn(rest[0])
  return isTopic(word) ? read(word, rest) : noSuch(word)
}

function helpOn(topic: string | undefined): Command {
  return topic === undefined || isTopic(topic) ? { kind: 'help', topic } : noSuch(topic)
}

function noSuch(word: string): Command {
  return { kind: 'fault', error: `no command is named ${JSON.stringify(word)}; known: ${TOPICS.join(', ')}` }
}

function isTopic(word: string): word is Topic {
  return TOPICS.some((topic) => topic === word)
}

function read(topic: Topic, args: readonly string[]): Command {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: FLAGS[topic],
      allowPositionals: true,
    })
    return values['help'] === true ? { kind: 'help', topic } : READERS[topic](values as Given, positionals)
  } catch (error) {
    // The first sentence of parseArgs states the fault; the others guess at the intention.
    const [said = ''] = (error as Error).message.split(/\.\s|\n/)
    return faulty(`${topic}: ${said.charAt(0).toLowerCase()}${said.slice(1)}`, topic)
  }
}

function faulty(error: string, topic: Topic): Command {
  return { kind: 'fault', error: `${error}; see allclear help ${topic}` }
}

const READERS: Readonly<Record<Topic, (given: Given, words: readonly string[]) => Command>> = {
  check: (given, [extra]) => {
    if (extra !== undefined) return faulty(`check: unexpected argument ${JSON.stringify(extra)}`, 'check')
    const show = showOf(given)
    if ('error' in show) return faulty(`check: ${show.error}`, 'check')
    const only = (given['only'] as readonly string[] | undefined)?.flatMap(names)
    if (only?.length === 0) return faulty('check: --only names no check', 'check')
    const config = given['config'] as string | undefined
    return {
      kind: 'check',
      options: { ...show, only, config, envFile: given['env-file'] as string | undefined },
    }
  },
  poll: (given, [url, extra]) => {
    if (url === undefined) return faulty('poll: expected a URL', 'poll')
    if (extra !== undefined) return faulty(`poll: unexpected argument ${JSON.stringify(extra)}`, 'poll')
    const show = showOf(given)
    if ('error' in show) return faulty(`poll: ${show.error}`, 'poll')
    const timeout = secondsOf(given, 'timeout', 15)
    if (typeof timeout !== 'number') return faulty(`poll: ${timeout.error}`, 'poll')
    const tokenEnv = given['token-env'] as string | undefined
    return { kind: 'poll', options: { ...show, url, tokenEnv, timeoutMs: timeout * 1000 } }
  },
  init: (given, [extra]) => {
    if (extra !== undefined) return faulty(`init: unexpected argument ${JSON.stringify(extra)}`, 'init')
    return { kind: 'init', options: { dir: (given['dir'] as string | undefined) ?? '.' } }
  },
}

function showOf(
  given: Given,
):
  | { readonly json: boolean; readonly watch: boolean; readonly intervalMs: number }
  | { readonly error: string } {
  const watch = given['watch'] === true
  if (given['interval'] !== undefined && !watch) return { error: '--interval goes with --watch' }
  const interval = secondsOf(given, 'interval', 5)
  if (typeof interval !== 'number') return interval
  return { json: given['json'] === true, watch, intervalMs: interval * 1000 }
}

function secondsOf(given: Given, flag: string, byDefault: number): number | { readonly error: string } {
  const text = given[flag]
  if (typeof text !== 'string') return byDefault
  const seconds = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : 0
  if (seconds >= 0.1 && seconds <= MAX_SECONDS) return seconds
  return { error: `--${flag}: expected seconds from 0.1 to ${MAX_SECONDS}, received ${JSON.stringify(text)}` }
}

function names(list: string): string[] {
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}
