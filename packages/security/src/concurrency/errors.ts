import { nameErrorClass } from '@seaworthy/internal'
import { SecurityError } from '../security-error.ts'

/**
 * A request of a key that has as many running as it may have: 429.
 *
 * @example
 * app.setErrorHandler((error, _request, reply) => {
 *   if (error instanceof ConcurrencyLimitError) return reply.code(429).send({ atMost: error.max })
 *   throw error
 * })
 */
export class ConcurrencyLimitError extends SecurityError {
  static {
    nameErrorClass(this, 'ConcurrencyLimitError')
  }

  /** Requests of the key that may run at the same time. */
  readonly max: number

  constructor(max: number) {
    super('Too many requests at the same time, retry when one has ended', {
      code: 'CONCURRENCY_LIMITED',
      statusCode: 429,
      headers: { 'retry-after': '1' }
    })
    this.max = max
  }
}
