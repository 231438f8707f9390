// What @seaworthy/errors recognises, whichever copy of this package made the error.
const brand = Symbol.for('seaworthy.error.v1')

/** Why a call gave no answer of its own. Fallbacks are chosen by it. */
export type FailureKind = 'open' | 'full' | 'timeout' | 'upstream' | 'canceled' | 'shed' | 'closed'

interface Details {
  code: string
  statusCode: number
  kind: FailureKind
  retryAfter?: number | undefined
  cause?: unknown
}

/** An answer of ours: its message is safe to show, what is not is in `cause`. Recognise it by `code`. */
export class ResilienceError extends Error {
  override name = 'ResilienceError'
  readonly code: string
  readonly statusCode: number
  readonly kind: FailureKind
  /** Whole seconds after which another try makes sense; the `Retry-After` header says the same. */
  readonly retryAfter: number | undefined
  readonly headers: Record<string, string>

  constructor(message: string, { code, statusCode, kind, retryAfter, cause }: Details) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.statusCode = statusCode
    this.kind = kind
    this.retryAfter = retryAfter
    this.headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
  }
}

Object.defineProperty(ResilienceError.prototype, brand, { value: true })

/** 503: the breaker is open, or lets only some calls through. `cause` is the last failure. */
export class BreakerOpenError extends ResilienceError {
  override name = 'BreakerOpenError'

  constructor(retryAfter: number, cause?: unknown) {
    const details = { code: 'ERR_BREAKER_OPEN', statusCode: 503, kind: 'open', retryAfter, cause } as const
    super('A service this request needs is not available, try again later', details)
  }
}

/** 503: as many calls as allowed are at work, and the queue is full or would take too long. */
export class BulkheadFullError extends ResilienceError {
  override name = 'BulkheadFullError'

  constructor(retryAfter = 1) {
    const details = { code: 'ERR_BULKHEAD_FULL', statusCode: 503, kind: 'full', retryAfter } as const
    super('A service this request needs is busy, try again later', details)
  }
}

/** 504: the call took longer than its timeout. */
export class CallTimeoutError extends ResilienceError {
  override name = 'CallTimeoutError'

  constructor() {
    super('A service this request needs took too long', {
      code: 'ERR_CALL_TIMEOUT',
      statusCode: 504,
      kind: 'timeout'
    })
  }
}

/** 504: the request's own deadline has passed. Says nothing about the service that was called. */
export class DeadlineError extends ResilienceError {
  override name = 'DeadlineError'

  constructor() {
    super('The time for this request is over', { code: 'ERR_DEADLINE', statusCode: 504, kind: 'timeout' })
  }
}

/** 502: the call failed. `cause` is what it failed with. */
export class UpstreamError extends ResilienceError {
  override name = 'UpstreamError'

  constructor(cause: unknown, retryAfter?: number) {
    const details = { code: 'ERR_UPSTREAM', statusCode: 502, kind: 'upstream', retryAfter, cause } as const
    super('A service this request needs failed', details)
  }
}

/** The client has left; nobody reads this. */
export class CallCanceledError extends ResilienceError {
  override name = 'CallCanceledError'

  constructor() {
    super('The client closed the connection', {
      code: 'ERR_CALL_CANCELED',
      statusCode: 499,
      kind: 'canceled'
    })
  }
}

/** 503: the service has more to do than it can, and this request waits best somewhere else. */
export class OverloadedError extends ResilienceError {
  override name = 'OverloadedError'

  constructor(retryAfter: number) {
    const details = { code: 'ERR_OVERLOADED', statusCode: 503, kind: 'shed', retryAfter } as const
    super('The service is overloaded, try again later', details)
  }
}

/** 503: the app has been closed while the call was at work. */
export class ClosedError extends ResilienceError {
  override name = 'ClosedError'

  constructor() {
    const details = { code: 'ERR_RESILIENCE_CLOSED', statusCode: 503, kind: 'closed', retryAfter: 1 } as const
    super('The service is closing', details)
  }
}

/** 400: a value that would change the path of the outgoing URL. */
export class PathError extends Error {
  override readonly name = 'PathError'
  readonly code = 'ERR_PATH_SEGMENT'
  readonly statusCode = 400
  readonly headers: Record<string, string> = {}

  constructor() {
    super('A value in the path is not allowed')
  }
}

Object.defineProperty(PathError.prototype, brand, { value: true })

/** Whether an error is of ours or of a neighbour's: made to be shown. */
export const isBranded = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && brand in error

/** Whether an error is one of this package's, of whichever copy. */
export const isResilienceError = (error: unknown): error is ResilienceError =>
  isBranded(error) && 'kind' in (error as object)
