import { nameErrorClass } from '@seaworthy/internal'
import { RejectionError, ResilienceError } from './resilience-error.ts'

/**
 * 503: the breaker is open, isolated, or admits only some calls. `cause` is the latest failure.
 *
 * @example
 * app.setErrorHandler((error, _request, reply) => {
 *   if (error instanceof BreakerOpenError) return reply.code(503).send({ retryAfter: error.retryAfter })
 *   throw error
 * })
 */
export class BreakerOpenError extends RejectionError {
  static {
    nameErrorClass(this, 'BreakerOpenError')
  }

  /** @param retryAfter - Seconds; a fraction is cut off, and the least is 1. */
  constructor(retryAfter: number, cause?: unknown) {
    const details = { code: 'BREAKER_OPEN', statusCode: 503, kind: 'open', cause } as const
    const seconds = Math.max(1, Math.floor(retryAfter))
    super('A service this request needs is not available, try again later', {
      ...details,
      retryAfter: seconds
    })
  }
}

/**
 * 503: all slots of the bulkhead are taken, and the queue is full or would take too long.
 *
 * @example
 * const isFull = (error: unknown) => error instanceof BulkheadFullError
 * app.resilience.breaker('prices', async () => 42, { bulkhead: 10, fallback: (error) => (isFull(error) ? 0 : 1) })
 */
export class BulkheadFullError extends RejectionError {
  static {
    nameErrorClass(this, 'BulkheadFullError')
  }

  constructor(retryAfter = 1) {
    const details = { code: 'BULKHEAD_FULL', statusCode: 503, kind: 'full', retryAfter } as const
    super('A service this request needs is busy, try again later', details)
  }
}

/**
 * 504: the call took longer than its timeout.
 *
 * @example
 * const isSlow = (error: unknown) => error instanceof CallTimeoutError
 * app.resilience.breaker('prices', async () => 42, { timeout: 500, fallback: (error) => (isSlow(error) ? 0 : 1) })
 */
export class CallTimeoutError extends ResilienceError {
  static {
    nameErrorClass(this, 'CallTimeoutError')
  }

  constructor() {
    const details = { code: 'TIMEOUT', statusCode: 504, kind: 'timeout' } as const
    super('A service this request needs took too long', details)
  }
}

/**
 * 504: the request's deadline has passed. That is no failure of the service that was called.
 *
 * @example
 * const isLate = (error: unknown) => error instanceof DeadlineError
 * app.addHook('onError', async (_request, _reply, error) => isLate(error) || app.log.error(error))
 */
export class DeadlineError extends RejectionError {
  static {
    nameErrorClass(this, 'DeadlineError')
  }

  constructor() {
    const details = { code: 'DEADLINE_EXCEEDED', statusCode: 504, kind: 'timeout' } as const
    super('The time for this request is over', details)
  }
}

/**
 * 502: the call failed. `cause` is the error of the guarded function.
 *
 * @example
 * const hasFailed = (error: unknown) => error instanceof UpstreamError && error.cause
 * app.resilience.breaker('prices', async () => 42, { fallback: (error) => (hasFailed(error) ? 0 : 1) })
 */
export class UpstreamError extends ResilienceError {
  static {
    nameErrorClass(this, 'UpstreamError')
  }

  constructor(cause: unknown, retryAfter?: number) {
    const details = { code: 'UPSTREAM_FAILED', statusCode: 502, kind: 'upstream', retryAfter, cause } as const
    super('A service this request needs failed', details)
  }
}

/**
 * 499: the client has disconnected, so the response is never read. 504 or 500: the app has ended the call by the signal
 * that it gave to `fetch`, and a client may still wait: 504 if its time was over (`AbortSignal.timeout`).
 *
 * @example
 * const hasLeft = (error: unknown) => error instanceof CallCanceledError
 * app.addHook('onError', async (_request, _reply, error) => hasLeft(error) || app.log.error(error))
 */
export class CallCanceledError extends ResilienceError {
  static {
    nameErrorClass(this, 'CallCanceledError')
  }

  /** @param abort - The app has ended the call by a signal of its own: its reason, and whether its time was over. */
  constructor(abort?: { cause: unknown; isTimeout: boolean }) {
    const details = { code: 'CALL_CANCELED', kind: 'canceled', cause: abort?.cause } as const
    if (abort === undefined) super('The client closed the connection', { ...details, statusCode: 499 })
    else if (abort.isTimeout)
      super('A service this request needs took too long', { ...details, statusCode: 504 })
    else super('A call to a service this request needs was canceled', { ...details, statusCode: 500 })
  }
}

/**
 * 503: the service is overloaded, and load shedding rejected this request.
 *
 * @example
 * const isOverloaded = (error: unknown) => error instanceof OverloadedError
 * app.addHook('onError', async (_request, _reply, error) => isOverloaded(error) || app.log.error(error))
 */
export class OverloadedError extends RejectionError {
  static {
    nameErrorClass(this, 'OverloadedError')
  }

  constructor(retryAfter: number) {
    const details = { code: 'OVERLOADED', statusCode: 503, kind: 'shed', retryAfter } as const
    super('The service is overloaded, try again later', details)
  }
}

/**
 * 503: the service that is called has asked to wait, by `Retry-After` or `RateLimit`, and the time is not over.
 *
 * @example
 * app.addHook('onError', async (_request, _reply, error) => {
 *   if (error instanceof UpstreamLimitedError) console.log(`again in ${error.retryAfter} s`)
 * })
 */
export class UpstreamLimitedError extends RejectionError {
  static {
    nameErrorClass(this, 'UpstreamLimitedError')
  }

  constructor(retryAfter: number) {
    const details = { code: 'UPSTREAM_LIMITED', statusCode: 503, kind: 'open', retryAfter } as const
    super('A service this request needs is busy, try again later', details)
  }
}

/**
 * 503: the app was closed while the call was pending, or before it.
 *
 * @example
 * const isClosing = (error: unknown) => error instanceof ClosedError
 * app.addHook('onError', async (_request, _reply, error) => isClosing(error) || app.log.error(error))
 */
export class ClosedError extends RejectionError {
  static {
    nameErrorClass(this, 'ClosedError')
  }

  constructor() {
    const details = { code: 'SERVICE_CLOSING', statusCode: 503, kind: 'closed', retryAfter: 1 } as const
    super('The service is closing', details)
  }
}
