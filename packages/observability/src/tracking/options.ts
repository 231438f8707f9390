import type { FastifyRequest } from 'fastify'
import { reveal, subjectOf, type Secret } from '@seaworthy/internal'
import { assertOptionsObject, check, optionNames } from '../check.ts'

/**
 * The data that a sink gets with the error. No body, no query, no address, no headers.
 *
 * @example
 * const sink = (error: unknown, { route, statusCode }: ErrorContext) => console.error(error, route, statusCode)
 * await app.register(observability, { errorTracking: { sink } })
 */
export interface ErrorContext {
  /** `request`, or another source: `uncaughtException`, `breaker "users"`. */
  source: string
  method?: string
  /** The route's pattern. */
  route?: string
  /** The status of the response. */
  statusCode?: number
  correlationId?: string
  traceId?: string
  /** The user's id. No other property of the user is sent. */
  userId?: string
  [key: string]: unknown
}

/**
 * Receives an error. May return a promise. What it throws is logged.
 *
 * @example
 * const sink: ErrorSink = (error, { correlationId }) => console.error(correlationId, error)
 * await app.register(observability, { errorTracking: { sink } })
 */
export type ErrorSink = (error: unknown, context: ErrorContext) => unknown

/**
 * Where errors are sent. With `dsn`, further keys are options of Sentry's `init`.
 *
 * @example
 * const errorTracking: ErrorTrackingOptions = { dsn: process.env['SENTRY_DSN'], maxPerMinute: 60 }
 * await app.register(observability, { errorTracking })
 */
export interface ErrorTrackingOptions {
  /**
   * Sentry's address for the project. Needs `@sentry/node` 11 or newer; older versions need a `sink`.
   *
   * @defaultValue none: either `dsn` or `sink` is required
   * @throws RangeError for text that is not a DSN, and beside a `sink`.
   */
  dsn?: string | Secret | undefined

  /**
   * The environment of Sentry's events.
   *
   * @defaultValue `NODE_ENV`
   */
  environment?: string | undefined

  /**
   * The share of requests that Sentry traces, 0 to 1.
   *
   * @defaultValue none: Sentry does not trace
   * @throws RangeError for a number outside that range.
   */
  tracesSampleRate?: number | undefined

  /**
   * Receives errors in place of Sentry. One that shows a secret is replaced by a copy of its class without it.
   *
   * @defaultValue none: either `dsn` or `sink` is required
   */
  sink?: ErrorSink | undefined

  /**
   * Sends what the sink has gathered, at shutdown. Gets a limit in **milliseconds**.
   *
   * @defaultValue none: only the promises of the sink are awaited
   */
  flush?: ((timeout: number) => unknown) | undefined

  /**
   * How many errors of one kind are sent in a minute: of one class, code and source, thrown at one place. Further ones are
   * logged, and counted in `errors_untracked_total`. 1 to 10000.
   *
   * @defaultValue 10
   * @throws RangeError for a number outside that range.
   */
  maxPerMinute?: number | undefined

  /**
   * Returns the id of a request's user.
   *
   * @defaultValue `request.user.sub`, else `request.user.id`
   */
  userId?: ((request: FastifyRequest) => string | undefined) | undefined

  /** Passed on to Sentry's `init`. */
  [option: string]: unknown
}

/** The names beside those of Sentry's `init`. */
type OptionName = 'dsn' | 'environment' | 'tracesSampleRate' | 'sink' | 'flush' | 'maxPerMinute' | 'userId'

const names = optionNames<Record<OptionName, unknown>>({
  dsn: true,
  environment: true,
  tracesSampleRate: true,
  sink: true,
  flush: true,
  maxPerMinute: true,
  userId: true
})

export const errorTrackingDefaults: Required<Pick<ErrorTrackingOptions, 'maxPerMinute' | 'userId'>> = {
  maxPerMinute: 10,
  userId: (request: FastifyRequest & { user?: unknown }) => subjectOf(request.user)
}

type SentryOptions = { dsn: string } & Record<string, unknown>

export interface ResolvedErrorTracking {
  sink: ErrorSink | undefined
  flush: ((timeout: number) => unknown) | undefined
  maxPerMinute: number
  userId: (request: FastifyRequest) => string | undefined
  /** The argument of Sentry's `init`, with a DSN. */
  sentry: SentryOptions | undefined
}

/** Fills in the defaults. @throws RangeError for an option that cannot work. */
export function resolveErrorTracking(options: ErrorTrackingOptions): ResolvedErrorTracking {
  assertOptionsObject('errorTracking', options)
  const { dsn, sink, flush, tracesSampleRate, environment } = options
  const userId = options.userId ?? errorTrackingDefaults.userId!
  const maxPerMinute = check.integer(
    'errorTracking.maxPerMinute',
    options.maxPerMinute ?? errorTrackingDefaults.maxPerMinute,
    { min: 1, max: 10_000 }
  )

  for (const [name, value] of Object.entries({ sink, flush, userId })) {
    if (value !== undefined) check.fn(`errorTracking.${name}`, value)
  }
  if (tracesSampleRate !== undefined) {
    check.number('errorTracking.tracesSampleRate', tracesSampleRate, { min: 0, max: 1 })
  }
  if (environment !== undefined) check.string('errorTracking.environment', environment)
  if (dsn === undefined && sink === undefined)
    check.fail('errorTracking', 'an object with "dsn" or "sink"', options)
  if (dsn !== undefined && sink !== undefined)
    check.fail('errorTracking', 'either "dsn" or "sink", not both', options)
  if (sink !== undefined) check.keys('errorTracking', options, names)
  return {
    sink,
    flush,
    maxPerMinute,
    userId,
    sentry: dsn === undefined ? undefined : sentryOptions(options, dsn)
  }
}

function sentryOptions(options: ErrorTrackingOptions, dsn: string | Secret): SentryOptions {
  const { sink: _sink, flush: _flush, maxPerMinute: _max, userId: _userId, ...init } = options
  const text = reveal(dsn)
  if (!/^https?:\/\/[^@\s]+@[^/\s]+\/\S+$/.test(text))
    check.failWith('errorTracking.dsn', 'a DSN of Sentry', 'something else')
  const environment = options.environment ?? process.env.NODE_ENV
  return { ...init, ...(environment === undefined ? {} : { environment }), dsn: text }
}
