import { base64, decoded } from '../core/encoding.ts'
import { isRecord } from '../core/schema.ts'
import { describe } from './describe.ts'

/** The filter that everything said by a dependency, a driver or a custom check passes on its way out. */
export interface Secrets {
  /** Has a text taken out from now on, in every spelling it can be sent in. */
  readonly enrol: (text: string) => void
  /** The text as one short line with no secret in it. */
  readonly clean: (text: string) => string
}

const REDACTED = '[redacted]'
const MAX_LENGTH = 300
/** Patterns see no more of a text than this, so that no text is dear to clean. */
const MAX_SEARCHED = 2048
/** The end of a text that was cut may be half a credential, so this much of it goes too. */
const MAX_HALF = 256
/** Shorter texts are in every text: to take them out would only garble it. */
const MIN_LENGTH = 3
/** The same for a value of `env` that no check took. */
const MIN_NAMED_LENGTH = 6

const SECRET_WORD = /passw|secret|token|key|auth|credential/i
const SECRET_NAME = /(?:^|_)(?:password|passwd|secret|token|key|auth|credential)s?(?:_|$)/i
const CAMEL = /([a-z\d])(?=[A-Z])/g

const SCHEMED = /^(?:basic|bearer|token) +(\S+)$/i
const URL_LIKE = /[a-z0-9+.-]{0,20}:\/\/[^\s"'<>]*/gi
const AUTHORIZATION = /\b(bearer|basic)\s+[\w.~+/=-]{4,}/gi
const NAMED_SECRET =
  /\b(pass(?:word|wd)?|pwd|token|secret|api[-_]?key)\b(["']?\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s,;&}]+)/gi
// oxlint-disable-next-line no-control-regex -- these are what it takes out
const BREAKS = /[\s\u0000-\u001f\u007f-\u009f]+/g

/**
 * Makes the filter for one round. A secret is: what was enrolled; a string of `env`, at any depth, whose name says
 * password, secret, token, key, auth or credential; the credentials in any URL of `env`. Whatever else looks like a
 * credential goes too. Other strings of `env`, such as `production`, stay readable.
 */
export function secretsIn(env: unknown): Secrets {
  /** By first characters and length, so that cleaning costs the length of a text and not the number of secrets. */
  const index = new Map<string, Map<number, Set<string>>>()
  let isScanned = false

  function enrol(given: string): void {
    const text = given.trim()
    const [, credential = ''] = SCHEMED.exec(text) ?? []
    for (const secret of [text, credential, ...credentialsIn(text)]) {
      if (secret.length >= MIN_LENGTH) for (const spelling of spellings(secret)) add(spelling)
    }
  }

  function add(secret: string): void {
    const start = secret.slice(0, MIN_LENGTH)
    const byLength = index.get(start) ?? new Map<number, Set<string>>()
    index.set(start, byLength)
    byLength.set(secret.length, (byLength.get(secret.length) ?? new Set()).add(secret))
  }

  /** The length of the longest secret that begins at this place. */
  function secretAt(text: string, at: number): number {
    let longest = 0
    for (const [length, secrets] of index.get(text.slice(at, at + MIN_LENGTH)) ?? []) {
      if (length > longest && secrets.has(text.slice(at, at + length))) longest = length
    }
    return longest
  }

  /** As much of a text as is searched, with every known secret that begins there taken out whole. */
  function masked(text: string): string {
    const searched = Math.min(text.length, MAX_SEARCHED)
    let clean = ''
    let end = 0
    for (let at = 0; at < searched; at += 1) {
      const length = secretAt(text, at)
      if (length === 0) continue
      // Secrets that overlap go as one.
      if (at >= end) clean += text.slice(end, at) + REDACTED
      end = Math.max(end, at + length)
    }
    return clean + text.slice(end, Math.max(end, searched))
  }

  return {
    enrol,
    clean: (text) => {
      if (!isScanned) for (const secret of secretsOfEnv(env)) enrol(secret)
      isScanned = true
      const known = masked(text)
      const plain = (text.length > MAX_SEARCHED ? withoutHalf(known) : known)
        .replace(URL_LIKE, (url) => (url.includes('@') ? REDACTED : url))
        .replace(AUTHORIZATION, `$1 ${REDACTED}`)
        .replace(NAMED_SECRET, `$1$2${REDACTED}`)
        .replace(BREAKS, ' ')
        .toWellFormed()
        .trim()
      return plain.length > MAX_LENGTH ? `${plain.slice(0, MAX_LENGTH - 1).toWellFormed()}…` : plain
    },
  }
}

/** Describes a thrown thing, free of the secrets of `env`. */
export function reasonOf(error: unknown, env: unknown): string {
  return secretsIn(env).clean(describe(error))
}

/** A text that was cut, without what may be the half of a credential at its end. */
function withoutHalf(text: string): string {
  return text.slice(0, Math.max(text.lastIndexOf(' '), text.length - MAX_HALF))
}

/** The strings of an environment that are secrets by their names or hold credentials. Bindings are not looked into. */
function secretsOfEnv(env: unknown): string[] {
  const found: string[] = []
  const queue: (readonly [value: unknown, isNamed: boolean])[] = [[env, false]]
  const seen = new Set<unknown>()
  for (const [value, isNamed] of queue) {
    if (typeof value === 'string') {
      const text = value.trim()
      found.push(...(isNamed && text.length >= MIN_NAMED_LENGTH ? [text] : credentialsIn(text)))
    } else if ((value === env || isPlain(value)) && isRecord(value) && !seen.has(value)) {
      seen.add(value)
      for (const [name, inner] of Object.entries(value)) queue.push([inner, isNamed || isSecretName(name)])
    }
  }
  return found
}

function isPlain(input: unknown): boolean {
  if (!isRecord(input)) return false
  const prototype: unknown = Object.getPrototypeOf(input)
  return prototype === null || prototype === Object.prototype || prototype === Array.prototype
}

function isSecretName(name: string): boolean {
  return SECRET_WORD.test(name) && SECRET_NAME.test(name.replace(CAMEL, '$1_').replaceAll(/\W+/g, '_'))
}

/** The credentials of `scheme://user:password@host?token=…`, read by hand since the URL may be malformed. */
function credentialsIn(text: string): string[] {
  const start = text.indexOf('://')
  if (start === -1) return []
  const rest = text.slice(start + 3)
  const query = rest.slice(rest.indexOf('?') + 1).split('&')
  const parameters = query.flatMap((pair) => {
    const [name = '', value = ''] = pair.split('=')
    return isSecretName(name) ? [value, decoded(value)] : []
  })
  if (!rest.includes('@')) return parameters
  const authority = rest.slice(0, rest.search(/[/?#]|$/))
  // A raw `/` in a password ends the authority too early.
  const whole = authority.includes('@') ? authority : rest
  const userinfo = whole.slice(0, whole.lastIndexOf('@'))
  const password = userinfo.slice(userinfo.indexOf(':') + 1)
  return [userinfo, password, decoded(userinfo), decoded(password), base64(decoded(userinfo)), ...parameters]
}

/** The forms in which a secret travels: raw, in a URL, in a form, in JSON, in base64. */
function spellings(secret: string): string[] {
  const encoded = encodeURIComponent(secret.toWellFormed())
  const inBase64 = base64(secret).replace(/=+$/, '')
  return [secret, encoded, encoded.replaceAll('%20', '+'), JSON.stringify(secret).slice(1, -1), inBase64]
}
