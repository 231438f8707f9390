import { isBranded, isResilienceError, ResilienceError, UpstreamError } from '../errors.ts'
import type { Outcome, PolicyOptions } from '../breaker/policy-options.ts'

interface Loose {
  status?: unknown
  statusCode?: unknown
  retryAfter?: unknown
  headers?: unknown
  response?: { status?: unknown; statusCode?: unknown; headers?: unknown }
}

/** The upstream's status, where fetch wrappers, axios, got and our own errors have it. */
function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { status, statusCode, response } = error as Loose
  return [statusCode, status, response?.status, response?.statusCode].find(
    (value): value is number => typeof value === 'number'
  )
}

/**
 * Whether an error is a mistake in our code. A fallback would hide it, and the service called is not to blame.
 * fetch says "TypeError: fetch failed" of a broken connection: those have a cause.
 */
export const isMistake = (error: unknown): boolean =>
  (error instanceof TypeError && error.cause === undefined) ||
  error instanceof ReferenceError ||
  (error instanceof RangeError && !isBranded(error))

/** What an error means to the breaker, unless the policy says otherwise. */
function defaultOutcome(error: unknown): Outcome {
  if (isMistake(error) || (isResilienceError(error) && error.kind === 'canceled')) return 'ignore'
  const status = statusOf(error)
  const answered = status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429
  return answered ? 'success' : 'failure'
}

const NO_ERROR = undefined

/** What an error means to the breaker. */
export function outcomeOf(error: unknown, isFailure: PolicyOptions['isFailure']): Outcome {
  const said = isFailure?.(error, undefined)
  if (said === undefined) return defaultOutcome(error)
  return typeof said === 'string' ? said : said ? 'failure' : 'success'
}

/** What a result means to the breaker. */
export function outcomeOfResult(result: unknown, isFailure: PolicyOptions['isFailure']): Outcome {
  if (isFailure === undefined) return 'success'
  const said = isFailure(NO_ERROR, result)
  return typeof said === 'string' ? said : said === true ? 'failure' : 'success'
}

/** A failure as the caller sees it: 502 with the cause, unless it is an answer of ours already. */
export function shownFailure(error: unknown): unknown {
  return isBranded(error) ? error : new UpstreamError(error, retryAfterOf(error))
}

/** The kind of a failure; undefined for what is none. */
export const kindOf = (error: unknown): ResilienceError['kind'] | undefined =>
  isResilienceError(error) ? error.kind : undefined

/** Seconds that the upstream asked for, by a number on the error or by its `Retry-After` header. */
export function retryAfterOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { retryAfter, headers, response } = error as Loose
  if (typeof retryAfter === 'number' && retryAfter >= 0) return Math.ceil(retryAfter)
  return seconds(header(headers) ?? header(response?.headers))
}

function header(headers: unknown): unknown {
  if (typeof headers !== 'object' || headers === null) return undefined
  return headers instanceof Headers
    ? headers.get('retry-after')
    : (headers as Record<string, unknown>)['retry-after']
}

/** `Retry-After` is a number of seconds or a date. */
function seconds(value: unknown): number | undefined {
  if (typeof value === 'number' && value >= 0) return Math.ceil(value)
  if (typeof value !== 'string') return undefined
  if (/^\d{1,9}$/.test(value.trim())) return Number(value)
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - Date.now()) / 1000))
}
