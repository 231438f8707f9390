import { nameErrorClass } from '@seaworthy/internal'
import { AppError, type AppErrorOptions } from './app-error.ts'
import type { ErrorCode } from './codes.ts'
import type { HttpErrorOptions } from './http-errors.ts'

/**
 * Options of an error that tells the client when to retry.
 *
 * @example
 * const options: RetryableOptions = { retryAfter: 30 }
 * throw new ServiceUnavailableError('The warehouse is away', options)
 */
export interface RetryableOptions extends HttpErrorOptions {
  /**
   * **Seconds** until a retry makes sense, at least 0. It is rounded up and sent as `Retry-After`.
   *
   * @defaultValue none: the response has no `Retry-After`
   */
  retryAfter?: number | undefined
}

function withRetryAfter({ retryAfter, ...options }: RetryableOptions): AppErrorOptions {
  if (retryAfter === undefined || !Number.isFinite(retryAfter)) return options
  return { ...options, headers: { 'retry-after': Math.max(0, Math.ceil(retryAfter)), ...options.headers } }
}

/**
 * 429 Too Many Requests.
 *
 * @example
 * throw new TooManyRequestsError('One export a minute', { retryAfter: 60 })
 */
export class TooManyRequestsError extends AppError {
  static {
    nameErrorClass(this, 'TooManyRequestsError')
  }

  constructor(message = 'Too Many Requests', options: RetryableOptions = {}) {
    super(message, {
      code: 'TOO_MANY_REQUESTS' satisfies ErrorCode,
      ...withRetryAfter(options),
      statusCode: 429
    })
  }
}

/**
 * 503 Service Unavailable: the service cannot handle the request at the moment.
 *
 * @example
 * throw new ServiceUnavailableError('Closed for stocktaking', { retryAfter: 3600 })
 */
export class ServiceUnavailableError extends AppError {
  static {
    nameErrorClass(this, 'ServiceUnavailableError')
  }

  constructor(message = 'Service Unavailable', options: RetryableOptions = {}) {
    super(message, {
      code: 'SERVICE_UNAVAILABLE' satisfies ErrorCode,
      ...withRetryAfter(options),
      statusCode: 503
    })
  }
}

/**
 * 504 Gateway Timeout: an upstream service took too long.
 *
 * @example
 * throw new GatewayTimeoutError('The shipping service is slow')
 */
export class GatewayTimeoutError extends AppError {
  static {
    nameErrorClass(this, 'GatewayTimeoutError')
  }

  constructor(message = 'Gateway Timeout', options: RetryableOptions = {}) {
    super(message, {
      code: 'GATEWAY_TIMEOUT' satisfies ErrorCode,
      ...withRetryAfter(options),
      statusCode: 504
    })
  }
}
