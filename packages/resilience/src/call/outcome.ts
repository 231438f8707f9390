import { MAX_DELAY } from '@seaworthy/internal'
import { isClientError, isResilienceError, isWithoutCall } from '../errors/checks.ts'
import { UpstreamError } from '../errors/call-errors.ts'
import { CallbackError } from '../errors/input-errors.ts'
import type { FailureKind } from '../errors/resilience-error.ts'
import { isRejection } from './rejections.ts'
import { isUnsendable } from './unsendable.ts'

/**
 * How an attempt counts for the breaker.
 *
 * @example
 * const outcome: Outcome = 'ignore'
 * app.resilience.breaker('prices', async () => 42, { isFailure: (error) => (error instanceof TypeError ? outcome : undefined) })
 */
export type Outcome = 'failure' | 'success' | 'ignore'

/** Decides how an attempt counts. `true` is a failure, `false` a success, `undefined` leaves it to the default. */
export type FailureClassifier = (error: unknown, result: unknown) => boolean | Outcome | undefined

interface MaybeHttpError {
  code?: unknown
  status?: unknown
  statusCode?: unknown
  retryAfter?: unknown
  headers?: unknown
  response?: { status?: unknown; statusCode?: unknown; headers?: unknown }
  $metadata?: { httpStatusCode?: unknown }
  meta?: { statusCode?: unknown }
  data?: { httpStatus?: unknown }
}

/**
 * The upstream's status, where fetch wrappers, axios, got, the SDKs of AWS, Google and Elasticsearch, tRPC and this
 * package's errors have it. Getters may throw.
 */
function statusOf(error: object): number | undefined {
  const { statusCode, status, response, $metadata, meta, data, code } = error as MaybeHttpError
  const places = [
    statusCode,
    status,
    response?.status,
    response?.statusCode,
    $metadata?.httpStatusCode,
    meta?.statusCode,
    data?.httpStatus
  ]
  return places.find((value): value is number => typeof value === 'number') ?? statusFromCode(code)
}

/** Google's clients have the status as `code`, as a number or a text. */
const statusFromCode = (code: unknown): number | undefined =>
  /^[45]\d\d$/.test(String(code)) ? Number(code) : undefined

/** AWS tells a client to slow down by a 400 with such a name. */
const throttled = /throttl|slowdown|toomanyrequests|throughputexceeded|limitexceeded/i

/** Whether an error is the service's answer: it works, and the request was wrong, or asked for what is not there. */
function isAnswer(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  try {
    const status = statusOf(error)
    if (status === undefined) return isRejection(error)
    if (status < 400 || status >= 500 || status === 408 || status === 429) return false
    return !throttled.test(String((error as Partial<Error>).name))
  } catch {
    // A getter of the error has thrown.
    return false
  }
}

/**
 * Whether an error is a bug in the app. A fallback would hide it, and it is no failure of the called service.
 * fetch throws a TypeError for a broken connection too, but that one has a cause.
 */
const isBug = (error: unknown): boolean =>
  (error instanceof TypeError && error.cause === undefined) ||
  error instanceof ReferenceError ||
  error instanceof CallbackError ||
  isUnsendable(error) ||
  (error instanceof RangeError && !isClientError(error))

/** A nested call has ended because the client is gone or the request's time is over. */
const isEndOfRequest = (error: unknown): boolean =>
  isResilienceError(error) && (error.kind === 'canceled' || error.code === 'DEADLINE_EXCEEDED')

function defaultOutcome(error: unknown): Outcome {
  if (isBug(error) || isEndOfRequest(error)) return 'ignore'
  return isAnswer(error) ? 'success' : 'failure'
}

const NO_ERROR = undefined

/** How an error counts for the breaker. */
export function outcomeOfError(error: unknown, classify: FailureClassifier | undefined): Outcome {
  if (isWithoutCall(error)) return 'ignore'
  const verdict = classify?.(error, undefined)
  if (verdict === undefined) return defaultOutcome(error)
  return typeof verdict === 'string' ? verdict : verdict ? 'failure' : 'success'
}

/** How a result counts for the breaker. */
export function outcomeOfResult(result: unknown, classify: FailureClassifier | undefined): Outcome {
  if (classify === undefined) return 'success'
  const verdict = classify(NO_ERROR, result)
  return typeof verdict === 'string' ? verdict : verdict === true ? 'failure' : 'success'
}

/** The error that the caller of a failed attempt gets: 502 with the failure as cause, unless it is a client error. */
export function toCallerError(error: unknown): unknown {
  return isClientError(error) ? error : new UpstreamError(error, retryAfterOf(error))
}

/** The kind of a failure. `undefined` for other errors. */
export const kindOf = (error: unknown): FailureKind | undefined =>
  isResilienceError(error) ? error.kind : undefined

/** Seconds. A timer takes no longer delay. */
const LONGEST_RETRY_AFTER = Math.floor(MAX_DELAY / 1000)

/** Seconds that the upstream asks to wait: `retryAfter` of the error, or its `Retry-After` header. */
export function retryAfterOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  try {
    const { retryAfter, headers, response } = error as MaybeHttpError
    const seconds =
      typeof retryAfter === 'number' && retryAfter >= 0
        ? Math.ceil(retryAfter)
        : parseRetryAfter(retryAfterHeader(headers) ?? retryAfterHeader(response?.headers))
    return seconds === undefined ? undefined : Math.min(seconds, LONGEST_RETRY_AFTER)
  } catch {
    // A getter of the error has thrown.
    return undefined
  }
}

/** The header in a `Headers` of any library, or in an object, whose names may be written in any way. */
function retryAfterHeader(headers: unknown): unknown {
  if (typeof headers !== 'object' || headers === null) return undefined
  const { get } = headers as { get?: unknown }
  if (typeof get === 'function') return get.call(headers, 'retry-after') ?? undefined
  return Object.entries(headers).find(([name]) => name.toLowerCase() === 'retry-after')?.[1]
}

/** A date of HTTP, or of ISO 8601. */
const datePattern = /^(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? |\d{4}-\d\d-\d\d)/i

/** `Retry-After` is a number of seconds or a date. */
function parseRetryAfter(value: unknown): number | undefined {
  if (typeof value === 'number' && value >= 0) return Math.ceil(value)
  if (typeof value !== 'string') return undefined
  if (/^\d{1,9}$/.test(value.trim())) return Number(value)
  // Date.parse takes `1.5` for a date too.
  const date = datePattern.test(value) ? Date.parse(value) : NaN
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - Date.now()) / 1000))
}
