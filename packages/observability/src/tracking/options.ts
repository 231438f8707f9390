import type { FastifyRequest } from 'fastify'
import { reveal, type Secret } from '@seaworthy/internal'
import { check, section } from '../check.ts'

/** What a tracker is told beside the error. No body, no query, no address, no headers. */
export interface ErrorContext {
  /** `request`, or where else it happened: `uncaughtException`, `breaker "users"`. */
  source: string
  method?: string
  /** The route's pattern. */
  route?: string
  /** The status the client got. */
  statusCode?: number
  correlationId?: string
  traceId?: string
  /** The user's id, and nothing else of the user. */
  userId?: string
  [key: string]: unknown
}

/** Takes an error. May return a promise; what it throws is logged. */
export type ErrorSink = (error: unknown, context: ErrorContext) => unknown

/** Where errors go. Further keys beside `dsn` are passed to Sentry's `init`. */
export interface ErrorTrackingOptions {
  /** Sentry's address for the project. Needs `@sentry/node` 11 or newer; older ones need a `sink`. */
  dsn?: string | Secret | undefined

  /**
   * The environment that events carry.
   *
   * @defaultValue `NODE_ENV`
   */
  environment?: string | undefined

  /**
   * The share of requests that Sentry traces, from 0 to 1. Left out, none and no instrumentation.
   */
  tracesSampleRate?: number | undefined

  /** Takes errors instead of Sentry. */
  sink?: ErrorSink | undefined

  /**
   * Sends out what the sink has gathered, at shutdown; gets a limit in **milliseconds**.
   */
  flush?: ((timeout: number) => unknown) | undefined

  /**
   * The id of a request's user.
   *
   * @defaultValue `request.user.id`, else `request.user.sub`
   */
  userId?: ((request: FastifyRequest) => string | undefined) | undefined

  /** Passed on to Sentry's `init`. */
  [option: string]: unknown
}

export interface ResolvedErrorTracking {
  sink: ErrorSink | undefined
  flush: ((timeout: number) => unknown) | undefined
  userId: (request: FastifyRequest) => string | undefined
  /** What Sentry's `init` gets, where a DSN is given. */
  sentry: ({ dsn: string } & Record<string, unknown>) | undefined
}

export function resolveErrorTracking(options: ErrorTrackingOptions): ResolvedErrorTracking {
  section('errorTracking', options)
  const { dsn, sink, flush, userId = defaultUserId, tracesSampleRate, environment, ...others } = options

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
  if (sink !== undefined)
    check.keys('errorTracking', others, ['dsn', 'sink', 'flush', 'userId', 'environment', 'tracesSampleRate'])
  return { sink, flush, userId, sentry: dsn === undefined ? undefined : sentryOptions(options, dsn) }
}

function sentryOptions(
  options: ErrorTrackingOptions,
  dsn: string | Secret
): { dsn: string } & Record<string, unknown> {
  const { sink: _, flush: __, userId: ___, ...init } = options
  const text = reveal(dsn)
  if (!/^https?:\/\/[^@\s]+@[^/\s]+\/\S+$/.test(text))
    check.fail('errorTracking.dsn', 'a DSN of Sentry', 'something else')
  const environment = options.environment ?? process.env.NODE_ENV
  return { ...init, ...(environment === undefined ? {} : { environment }), dsn: text }
}

function defaultUserId({ user }: FastifyRequest & { user?: unknown }): string | undefined {
  const { id, sub } = (user ?? {}) as { id?: unknown; sub?: unknown }
  const value = id ?? sub
  return typeof value === 'string' || typeof value === 'number' ? `${value}` : undefined
}
