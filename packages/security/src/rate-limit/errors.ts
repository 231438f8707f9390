import { formatDuration, nameErrorClass } from '@seaworthy/internal'
import { SecurityError } from '../security-error.ts'

/**
 * A request over its limit: 429, or 403 for a banned client.
 *
 * @example
 * app.setErrorHandler((error, _request, reply) => {
 *   if (error instanceof RateLimitError) return reply.code(429).send({ wait: error.ttl })
 *   throw error
 * })
 */
export class RateLimitError extends SecurityError {
  static {
    nameErrorClass(this, 'RateLimitError')
  }

  /** Milliseconds until a request would pass. */
  readonly ttl: number

  constructor(ttl: number, ban = false, retryAfter = true) {
    super(ban ? 'Banned after too many requests' : `Rate limit exceeded, retry in ${formatDuration(ttl)}`, {
      code: ban ? 'RATE_LIMIT_BANNED' : 'RATE_LIMITED',
      statusCode: ban ? 403 : 429,
      headers: retryAfter ? { 'retry-after': `${Math.max(1, Math.ceil(ttl / 1000))}` } : undefined
    })
    this.ttl = ttl
  }
}

/**
 * The shared store does not answer, and a limit has the policy `closed`: 503.
 *
 * @example
 * const isOutage = (error: unknown) => error instanceof RateLimitStoreError
 * app.addHook('onError', async (_request, _reply, error) => isOutage(error) || app.log.error(error))
 */
export class RateLimitStoreError extends SecurityError {
  static {
    nameErrorClass(this, 'RateLimitStoreError')
  }

  constructor(cause: Error) {
    super('The service cannot take requests at the moment', {
      code: 'RATE_LIMIT_STORE_DOWN',
      statusCode: 503,
      headers: { 'retry-after': '1' },
      cause
    })
  }
}
