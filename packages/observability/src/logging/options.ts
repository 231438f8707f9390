import type { FastifyReply, FastifyRequest } from 'fastify'
import { check, section } from '../check.ts'

/** What a log level may be. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'

/** How the line's fields are named: this package's own names, or a platform's. */
export type LogSchema = 'default' | 'ecs' | 'otel' | 'gcp'

/** Which level a request's line has. */
export interface OutcomeLevels {
  /** 1xx, 2xx and 3xx. */
  success?: LogLevel | undefined
  /** 4xx. */
  clientError?: LogLevel | undefined
  /** 5xx. */
  serverError?: LogLevel | undefined
  /** The client went away before the answer was complete. */
  aborted?: LogLevel | undefined
  /** Slower than its threshold, unless the outcome's own level is higher. */
  slow?: LogLevel | undefined
}

/** The one line per request. */
export interface LoggingOptions {
  /**
   * From how many **milliseconds** on a request is slow: at least 0. A route has its own with
   * `config.observability.slowThreshold`, or `objective`.
   *
   * @defaultValue 1000
   */
  slowThreshold?: number | undefined

  /**
   * Which share of successful requests is logged, from 0 to 1. Errors, aborts and slow requests are always logged.
   * Services that share a trace keep the same requests.
   *
   * @defaultValue 1
   */
  sampling?: number | undefined

  /**
   * More fields for the line, beside the allow-listed ones. Each may take 1 KB and all together what is left of the
   * line's 16 KB: what is cut says so, and `fieldsLeftOut` is how many did not fit. Keep secrets out.
   */
  fields?: ((request: FastifyRequest, reply: FastifyReply) => Record<string, unknown>) | undefined

  /**
   * Names and shape of the fields: this package's, Elastic's (`ecs`), OpenTelemetry's (`otel`) or Google's (`gcp`).
   *
   * @defaultValue 'default'
   */
  schema?: LogSchema | undefined

  /**
   * Level by outcome.
   *
   * @defaultValue `{ success: 'info', clientError: 'info', serverError: 'error', aborted: 'info', slow: 'warn' }`
   */
  levels?: OutcomeLevels | undefined

  /**
   * Route parameters whose values never reach a log: where a route has one, its pattern is logged as the `url`.
   *
   * @defaultValue ['token', 'secret', 'password', 'code', 'key', 'signature']
   */
  secretParams?: readonly string[] | undefined
}

export interface ResolvedLogging {
  slowThreshold: number
  sampling: number
  fields: ((request: FastifyRequest, reply: FastifyReply) => Record<string, unknown>) | undefined
  schema: LogSchema
  levels: { [Outcome in keyof OutcomeLevels]-?: LogLevel }
  secretParams: ReadonlySet<string>
}

const levelNames = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const
const levelDefaults = {
  success: 'info',
  clientError: 'info',
  serverError: 'error',
  aborted: 'info',
  slow: 'warn'
} as const
const secretNames = ['token', 'secret', 'password', 'code', 'key', 'signature']

export function resolveLogging(options: LoggingOptions): ResolvedLogging {
  section('logging', options)
  check.keys('logging', options, ['slowThreshold', 'sampling', 'fields', 'schema', 'levels', 'secretParams'])
  const {
    slowThreshold = 1000,
    sampling = 1,
    fields,
    schema = 'default',
    levels = {},
    secretParams = secretNames
  } = options

  if (fields !== undefined) check.fn('logging.fields', fields)
  check.keys('logging.levels', levels, Object.keys(levelDefaults))
  const level = (outcome: keyof OutcomeLevels): LogLevel =>
    check.oneOf(`logging.levels.${outcome}`, levels[outcome] ?? levelDefaults[outcome], levelNames)
  return {
    slowThreshold: check.number('logging.slowThreshold', slowThreshold, { min: 0, unit: 'milliseconds' }),
    sampling: check.number('logging.sampling', sampling, { min: 0, max: 1 }),
    fields,
    schema: check.oneOf('logging.schema', schema, ['default', 'ecs', 'otel', 'gcp'] as const),
    levels: {
      success: level('success'),
      clientError: level('clientError'),
      serverError: level('serverError'),
      aborted: level('aborted'),
      slow: level('slow')
    },
    secretParams: new Set(secretParams.map((name) => check.string('logging.secretParams', name)))
  }
}
