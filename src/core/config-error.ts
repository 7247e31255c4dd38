/** One thing that is wrong in a definition. */
export interface ConfigFault {
  /** Where: `checks.redis.timeoutMs`. */
  readonly path: string
  /** The expected and the received value. */
  readonly message: string
}

/**
 * Thrown by `defineHealth`: lists every fault of a definition at once, each with its path.
 *
 * @example
 * ```ts
 * try {
 *   defineHealth({ checks: { redis: redis({ url, token, timeoutMs: 0 }) } })
 * } catch (error) {
 *   if (error instanceof ConfigError) console.error(error.faults)
 *   // [{ path: 'checks.redis.timeoutMs', message: 'expected a number of at least 1, received 0' }]
 * }
 * ```
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly faults: readonly ConfigFault[]

  constructor(faults: readonly ConfigFault[]) {
    super(faults.map(({ path, message }) => `${path}: ${message}`).join('\n'))
    this.faults = faults
  }
}
