import type { FastifyReply, FastifyRequest } from 'fastify'
import { assertOptionsObject, check, optionNames, type Defaults } from '../check.ts'
import { resolveBuffer, type BufferOptions, type ResolvedBuffer } from './buffer-options.ts'
import { levelNames, type LogLevel } from './levels.ts'
import { resolveOtlpLogs, type OtlpLogsOptions, type ResolvedOtlpLogs } from './otlp-options.ts'
import { resolveDetails, type DetailsOptions, type ResolvedDetails } from './details-options.ts'

/**
 * The names of a line's fields: those of this package, or those of a platform.
 *
 * @example
 * const schema: LogSchema = 'ecs'
 * const app = Fastify({ ...observabilityServerOptions({ logging: { schema } }) })
 */
export type LogSchema = 'default' | 'ecs' | 'otel' | 'gcp'

/**
 * The level of a request's line, by its outcome.
 *
 * @example
 * const levels: OutcomeLevels = { success: 'debug', clientError: 'warn' }
 * const app = Fastify({ ...observabilityServerOptions({ logging: { levels } }) })
 */
export interface OutcomeLevels {
  /**
   * For the statuses 1xx, 2xx and 3xx.
   *
   * @defaultValue 'info'
   */
  success?: LogLevel | undefined
  /**
   * For the statuses 4xx.
   *
   * @defaultValue 'info'
   */
  clientError?: LogLevel | undefined
  /**
   * For the statuses 5xx.
   *
   * @defaultValue 'error'
   */
  serverError?: LogLevel | undefined
  /**
   * For requests whose client closed the connection before the response was complete.
   *
   * @defaultValue 'info'
   */
  aborted?: LogLevel | undefined
  /**
   * For requests that took longer than their threshold, unless the level of their outcome is higher.
   *
   * @defaultValue 'warn'
   */
  slow?: LogLevel | undefined
}

/**
 * The line that is logged for each request.
 *
 * @example
 * const logging: LoggingOptions = { slowThreshold: 500, sampling: 0.1, secretParams: ['token'] }
 * const app = Fastify({ ...observabilityServerOptions({ logging }) })
 */
export interface LoggingOptions {
  /**
   * A request that takes longer is slow. Milliseconds, at least 0. `config.observability.slowThreshold` or `objective`
   * of a route replaces it.
   *
   * @defaultValue 1000
   * @throws RangeError for a number below 0.
   */
  slowThreshold?: number | undefined

  /**
   * The share of successful requests that is logged, 0 to 1. Errors, aborts and slow requests are always logged.
   * Services that share a trace log the same requests, if `correlation.trust` names their peers.
   *
   * @defaultValue 1
   * @throws RangeError for a number outside that range.
   */
  sampling?: number | undefined

  /**
   * Returns further fields of the line. Each may take 1 KB, and all together what is left of the line's 16 KB: longer
   * values are cut, and `droppedFields` counts the fields that did not fit. Return no secrets.
   *
   * @defaultValue none: the line has the fields of its schema
   */
  fields?: ((request: FastifyRequest, reply: FastifyReply) => Record<string, unknown>) | undefined

  /**
   * Names and structure of the fields: this package's, Elastic's (`ecs`), OpenTelemetry's (`otel`) or Google's (`gcp`).
   *
   * @defaultValue 'default'
   * @throws RangeError for any other value.
   */
  schema?: LogSchema | undefined

  /**
   * The level by outcome.
   *
   * @defaultValue `{ success: 'info', clientError: 'info', serverError: 'error', aborted: 'info', slow: 'warn' }`
   * @throws RangeError for a level that pino does not have.
   */
  levels?: OutcomeLevels | undefined

  /**
   * Route parameters with secret values, beside those whose names say so: `resetToken`, `invite_code`. The line of a
   * route that has one shows its pattern as the `url`.
   *
   * @defaultValue ['token', 'secret', 'password', 'code', 'key', 'signature']
   */
  secretParams?: readonly string[] | undefined

  /**
   * Keeps the lines of `request.log` that are below the level of the log, and writes them, with the times at which they
   * were logged, only for a request that fails with 5xx, is slow, or whose trace is sampled (by an SDK here, or by a peer
   * that `correlation.trust` names). They come before the request's line. The app pays for making them all the same, and
   * agents that listen to pino see each of them.
   *
   * @defaultValue false
   */
  details?: DetailsOptions | false | undefined

  /**
   * Writes lines to standard output in blocks, which saves a system call per line. Only `observabilityServerOptions` can do
   * this. What waits is written when the process exits, with each fatal line, and at shutdown. A process that is killed
   * (SIGKILL, out of memory, a fault of Node itself) loses the lines of the last `interval`, at most `bytes` of them.
   *
   * @defaultValue false
   * @throws RangeError beside a `stream`, `transport` or `file` of `logger`, or a `loggerInstance`.
   */
  buffer?: BufferOptions | false | undefined

  /**
   * Pushes each line that the log writes to a collector too, as OTLP over HTTP: with the severity, the trace and the span
   * of OpenTelemetry's data model, and the fields of the line as attributes. In `schema: 'otel'` they have OpenTelemetry's
   * names. What `{}` leaves out comes from OpenTelemetry's variables.
   *
   * @defaultValue `{}` where `OTEL_LOGS_EXPORTER` names `otlp` and no OpenTelemetry SDK is active, else `false`
   */
  otlp?: OtlpLogsOptions | false | undefined
}

const names = optionNames<LoggingOptions>({
  slowThreshold: true,
  sampling: true,
  fields: true,
  schema: true,
  levels: true,
  secretParams: true,
  details: true,
  buffer: true,
  otlp: true
})

type ResolvedLevels = { readonly [Outcome in keyof OutcomeLevels]-?: LogLevel }

export const loggingDefaults: Defaults<LoggingOptions, 'fields' | 'otlp'> & { levels: ResolvedLevels } = {
  slowThreshold: 1000,
  sampling: 1,
  schema: 'default',
  levels: { success: 'info', clientError: 'info', serverError: 'error', aborted: 'info', slow: 'warn' },
  secretParams: ['token', 'secret', 'password', 'code', 'key', 'signature'],
  details: false,
  buffer: false
}

export interface ResolvedLogging {
  slowThreshold: number
  sampling: number
  fields: ((request: FastifyRequest, reply: FastifyReply) => Record<string, unknown>) | undefined
  schema: LogSchema
  levels: ResolvedLevels
  secretParams: ReadonlySet<string>
  details: ResolvedDetails | undefined
  buffer: ResolvedBuffer | undefined
  otlp: ResolvedOtlpLogs | undefined
}

const schemaNames = ['default', 'ecs', 'otel', 'gcp'] as const

/** Fills in the defaults. @throws RangeError for an option that cannot work. */
export function resolveLogging(options: LoggingOptions): ResolvedLogging {
  assertOptionsObject('logging', options)
  check.keys('logging', options, names)
  const { fields, levels = {}, details = loggingDefaults.details, buffer = loggingDefaults.buffer } = options
  const slowThreshold = options.slowThreshold ?? loggingDefaults.slowThreshold
  const secretParams: readonly string[] = options.secretParams ?? loggingDefaults.secretParams

  if (fields !== undefined) check.fn('logging.fields', fields)
  check.keys('logging.levels', levels, Object.keys(loggingDefaults.levels))
  const level = (outcome: keyof OutcomeLevels): LogLevel =>
    check.oneOf(`logging.levels.${outcome}`, levels[outcome] ?? loggingDefaults.levels[outcome], levelNames)
  return {
    slowThreshold: check.number('logging.slowThreshold', slowThreshold, { min: 0, unit: 'milliseconds' }),
    sampling: check.number('logging.sampling', options.sampling ?? loggingDefaults.sampling, {
      min: 0,
      max: 1
    }),
    fields,
    schema: check.oneOf('logging.schema', options.schema ?? loggingDefaults.schema, schemaNames),
    levels: {
      success: level('success'),
      clientError: level('clientError'),
      serverError: level('serverError'),
      aborted: level('aborted'),
      slow: level('slow')
    },
    secretParams: new Set(secretParams.map((name) => check.string('logging.secretParams', name))),
    details: details === false ? undefined : resolveDetails(details),
    buffer: buffer === false ? undefined : resolveBuffer(buffer),
    otlp: resolveOtlpLogs(options.otlp)
  }
}
