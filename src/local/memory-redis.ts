import { createHash, randomUUID } from 'node:crypto'
import type { Outcome, RedisEngine, Reply } from './redis.ts'

type Method = (...args: readonly string[]) => Promise<unknown>

/** Redis in this process, by ioredis-mock, for machines without redis-server. */
export async function createMemoryRedis(): Promise<RedisEngine> {
  const { default: RedisMock } = await import('ioredis-mock')
  // Instances with the same host share their data, as clients of one server would.
  const client = new RedisMock({ host: randomUUID() })
  const methods = client as unknown as Readonly<Record<string, Method | undefined>>
  const scripts = new Map<string, string>()

  function remember(script: string): string {
    const sha = createHash('sha1').update(script).digest('hex')
    scripts.set(sha, script)
    return sha
  }

  async function evaluate(script: string, args: readonly string[]): Promise<unknown> {
    remember(script)
    return await methods['eval']?.(luaRepairs + script, ...args)
  }

  async function evaluateSha(sha: string, args: readonly string[]): Promise<unknown> {
    const script = scripts.get(sha.toLowerCase())
    if (script === undefined) throw new Error('NOSCRIPT No matching script. Please use EVAL.')
    return await evaluate(script, args)
  }

  function script(subcommand: string, args: readonly string[]): Reply {
    if (subcommand === 'load') return remember(args[0] ?? '')
    if (subcommand === 'exists') return args.map((sha) => (scripts.has(sha.toLowerCase()) ? 1 : 0))
    if (subcommand !== 'flush') throw new Error(`ERR unknown subcommand '${subcommand}'`)
    scripts.clear()
    return 'OK'
  }

  async function execute(
    [given = '', first = '', ...rest]: readonly string[],
    args: readonly string[],
  ): Promise<unknown> {
    const name = given.toLowerCase()
    if (name === 'eval') return await evaluate(first, rest)
    if (name === 'evalsha') return await evaluateSha(first, rest)
    if (name === 'script') return script(first.toLowerCase(), rest)
    if (!isKnown(given)) throw new Error(`ERR unknown command '${given}'`)
    return await methods[name]?.(...upperCaseOptions(name, args))
  }

  /** The mock has a `…Buffer` method for each command and for nothing else. It lacks SCRIPT. */
  function isKnown(name: string): boolean {
    return name.toLowerCase() === 'script' || methods[`${name.toLowerCase()}Buffer`] !== undefined
  }

  async function transact(commands: readonly (readonly string[])[]): ReturnType<RedisEngine['transact']> {
    if (!commands.every(([name = '']) => isKnown(name))) {
      return { error: 'EXECABORT Transaction discarded because of previous errors.' }
    }
    // The mock executes each command synchronously, so no other command can run in between.
    return await Promise.all(commands.map(run))
  }

  async function run(command: readonly string[]): Promise<Outcome> {
    try {
      return { result: asReply(await execute(command, command.slice(1))) }
    } catch (error) {
      return { error: asError((error as Error).message) }
    }
  }

  return {
    name: 'memory',
    run,
    transact,
    close: async () => client.disconnect(),
  }
}

/** Upstash's driver sends `px` for `PX`, which Redis accepts. The mock ignores it silently. */
function upperCaseOptions(name: string, args: readonly string[]): readonly string[] {
  const first = { set: 2, getex: 1 }[name] ?? args.length
  return args.map((arg, index) => (index < first ? arg : arg.toUpperCase()))
}

/**
 * Does the same for calls from Lua. It also passes numbers as text, as Redis does: the mock stores them as numbers, and
 * then '1' is unequal to 1. It stays on the first line of the script, so that line numbers in errors are right.
 */
const luaRepairs = `do local function repaired(call) return function(...)
  local args = { ... }
  for i, arg in ipairs(args) do
    if type(arg) == 'number' then args[i] = string.format('%.17g', arg) end
    if i > 3 and string.lower(args[1]) == 'set' then args[i] = string.upper(args[i]) end
  end
  return call(table.unpack(args))
end end
redis.call, redis.pcall = repaired(redis.call), repaired(redis.pcall) end `.replaceAll('\n', ' ')

/** Converts a value of the mock to what Redis replies: an integer, a string, null or a list of those. */
function asReply(value: unknown): Reply {
  if (value === undefined || value === null || value === false) return null
  if (value === true) return 1
  if (typeof value === 'number') return Math.trunc(value)
  if (typeof value === 'string' || value instanceof Uint8Array) return value
  if (Array.isArray(value)) return value.map(asReply)
  return Object.entries(value).flat().map(asReply)
}

function asError(message: string): string {
  if (/^Key .* does not contain a/.test(message)) {
    return 'WRONGTYPE Operation against a key holding the wrong kind of value'
  }
  return /^[A-Z]+ /.test(message) ? message : `ERR ${message}`
}
