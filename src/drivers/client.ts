import { type CheckContext, CheckFailure } from '../core/check.ts'
import { connectionFailed } from './failure.ts'

/** When a question was put to a client that has not answered it yet, by the wall clock. */
const underWay = new WeakMap<object, number>()

/** A question that was not answered in this time, in milliseconds, never will be: the client lost it. */
const LOST_MS = 60_000

/**
 * Asks the application's own client or pool, which takes no signal, one question. It rejects with the signal's reason, or
 * with a CheckFailure:
 *
 * - `timeout`, at once, where an earlier question was not answered yet: each one may hold a connection of the application
 * - `error`, for what the server itself answers
 * - `connection failed`
 */
export async function askClient<T>(
  client: object,
  question: () => PromiseLike<T>,
  { signal, now, secret }: Pick<CheckContext<never>, 'signal' | 'now' | 'secret'>,
): Promise<T> {
  const since = underWay.get(client)
  if (since !== undefined && Math.abs(now() - since) < LOST_MS) {
    throw new CheckFailure('timeout', 'the question of an earlier probe was not answered yet')
  }
  signal.throwIfAborted()
  const { options } = client as { readonly options?: Readonly<Record<string, unknown>> | null }
  for (const name of ['password', 'connectionString']) {
    const own = options?.[name]
    if (typeof own === 'string') secret(own)
  }
  const ended = Promise.withResolvers<never>()
  const end = (): void => ended.reject(signal.reason)
  signal.addEventListener('abort', end)
  underWay.set(client, now())
  const answered = (async () => question())().finally(() => underWay.delete(client))
  try {
    return await Promise.race([answered, ended.promise])
  } catch (error) {
    throw signal.aborted ? signal.reason : failure(error)
  } finally {
    signal.removeEventListener('abort', end)
  }
}

/** An error of Postgres has a severity; one of Redis begins with its code, `WRONGPASS`. */
function failure(error: unknown): CheckFailure {
  const { severity, message } = (error ?? {}) as { readonly severity?: unknown; readonly message?: unknown }
  const words = String(message)
  const isAnswer = typeof severity === 'string' || /^[A-Z]{3,} /.test(words)
  return isAnswer ? new CheckFailure('error', words) : connectionFailed(error)
}
