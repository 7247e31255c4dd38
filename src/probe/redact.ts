import { base64, decoded } from '../core/encoding.ts'

const REDACTED = '[redacted]'
const MAX_LENGTH = 300
/** Shorter values are flags and levels: they are no secrets, and their like is in every text. */
const MIN_VALUE_LENGTH = 6
/** Where the name of a value, or its place in a URL, says that it is a secret. */
const MIN_SECRET_LENGTH = 3
const SECRET_NAME = /auth|cred|key|pass|pwd|secret|token/i

const URL_WITH_CREDENTIALS = /\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]*@[^\s"'<>]*/gi
const AUTHORIZATION = /\b(bearer|basic)\s+[\w.~+/=-]{4,}/gi
const NAMED_SECRET =
  /\b(pass(?:word|wd)?|pwd|token|secret|api[-_]?key)\b(["']?\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s,;&}]+)/gi
// oxlint-disable-next-line no-control-regex -- these are what it takes out
const BREAKS = /[\s\u0000-\u001f\u007f-\u009f]+/g

/** Takes every secret out of a text. */
export type Redactor = (text: string) => string

/**
 * Makes the filter that everything said by a dependency, a driver or a custom check passes on its way out.
 *
 * Every string in `env` counts as a secret, as do the passwords in those that are URLs, in the spellings that they
 * take in URLs, JSON and headers; whatever else looks like a credential goes too. What is left is one short line.
 */
export function redactor(env: unknown): Redactor {
  let secrets: readonly string[] | undefined
  return (text) => {
    secrets ??= secretsOf(env)
    let clean = text
    for (const secret of secrets) clean = clean.replaceAll(secret, REDACTED)
    clean = clean
      .replace(URL_WITH_CREDENTIALS, REDACTED)
      .replace(AUTHORIZATION, `$1 ${REDACTED}`)
      .replace(NAMED_SECRET, `$1$2${REDACTED}`)
      .replace(BREAKS, ' ')
      .toWellFormed()
      .trim()
    return clean.length > MAX_LENGTH ? `${clean.slice(0, MAX_LENGTH - 1).toWellFormed()}…` : clean
  }
}

function secretsOf(env: unknown): string[] {
  if (typeof env !== 'object' || env === null) return []
  const secrets = Object.entries(env).flatMap(([name, value]) => {
    if (typeof value !== 'string') return []
    const least = SECRET_NAME.test(name) ? MIN_SECRET_LENGTH : MIN_VALUE_LENGTH
    const credentials = credentialsIn(value).filter((secret) => secret.length >= MIN_SECRET_LENGTH)
    return value.length >= least ? [value, ...credentials] : credentials
  })
  // The longest first: a password must not be cut out of the URL that is to go as a whole.
  return [...new Set(secrets.flatMap(spellings))].sort((a, b) => b.length - a.length)
}

/** The user's words in `scheme://user:password@host`, read by hand since the URL may be malformed. */
function credentialsIn(value: string): string[] {
  const userinfo = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)@/i.exec(value)?.[1] ?? /:\/\/(.*)@/.exec(value)?.[1]
  if (userinfo === undefined) return []
  const password = userinfo.slice(userinfo.indexOf(':') + 1)
  return [userinfo, password, decoded(userinfo), decoded(password), base64(decoded(userinfo))]
}

function spellings(secret: string): string[] {
  return [secret, encodeURIComponent(secret.toWellFormed()), JSON.stringify(secret).slice(1, -1)]
}
