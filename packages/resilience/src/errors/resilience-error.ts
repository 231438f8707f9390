import { nameErrorClass, PluginError } from '@seaworthy/internal'

/**
 * Why a call has no result of the guarded function. Fallbacks are chosen by it.
 *
 * @example
 * const kind: FailureKind = 'open'
 * app.resilience.breaker('prices', async () => 42, { fallback: (error) => (error.kind === kind ? 0 : 1) })
 */
export type FailureKind = 'open' | 'full' | 'timeout' | 'upstream' | 'canceled' | 'shed' | 'closed'

/**
 * The `code` of each error of this package that clients may see.
 *
 * @example
 * const retryable: readonly ResilienceErrorCode[] = ['BREAKER_OPEN', 'BULKHEAD_FULL', 'OVERLOADED']
 */
export type ResilienceErrorCode =
  | 'BREAKER_OPEN'
  | 'BULKHEAD_FULL'
  | 'TIMEOUT'
  | 'DEADLINE_EXCEEDED'
  | 'UPSTREAM_FAILED'
  | 'CALL_CANCELED'
  | 'OVERLOADED'
  | 'SERVICE_CLOSING'
  | 'UPSTREAM_LIMITED'

/** The members of a {@link ResilienceError} besides its message. */
export interface ResilienceErrorDetails {
  code: ResilienceErrorCode
  statusCode: number
  kind: FailureKind
  /** Whole seconds, also sent as `Retry-After`. */
  retryAfter?: number | undefined
  cause?: unknown
}

/**
 * An error whose message is safe to send; internal details are in `cause`. Recognise it by `code`.
 *
 * @example
 * app.addHook('onError', async (_request, _reply, error) => {
 *   if (error instanceof ResilienceError) app.log.warn({ code: error.code, cause: error.cause }, 'a dependency failed')
 * })
 */
export class ResilienceError extends PluginError<ResilienceErrorCode> {
  static {
    nameErrorClass(this, 'ResilienceError')
  }

  readonly kind: FailureKind
  /** Whole seconds after which a new attempt makes sense. The `Retry-After` header has the same value. */
  readonly retryAfter: number | undefined

  constructor(message: string, { code, statusCode, kind, retryAfter, cause }: ResilienceErrorDetails) {
    const headers = retryAfter === undefined ? undefined : { 'retry-after': String(retryAfter) }
    super(message, { code, statusCode, headers, cause })
    this.kind = kind
    this.retryAfter = retryAfter
  }
}

/**
 * A request is rejected on purpose: nothing is broken here that a report or a stack could show. So it has no stack, and
 * error trackers may count it instead of reporting it.
 */
export abstract class RejectionError extends ResilienceError {
  static {
    // On the prototype, so that no log line and no JSON shows it.
    Object.defineProperty(this.prototype, 'isRejection', { value: true })
  }

  declare readonly isRejection: true

  constructor(message: string, details: ResilienceErrorDetails) {
    const { stackTraceLimit } = Error
    // Reflect.set, because the limit may be frozen.
    Reflect.set(Error, 'stackTraceLimit', 0)
    super(message, details)
    Reflect.set(Error, 'stackTraceLimit', stackTraceLimit)
  }
}
