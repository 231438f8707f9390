import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { earlyRejectionOptions, type EarlyRejectionOptions } from '@seaworthy/contract'
import { check } from './check.ts'
import { errSerializer } from './logging/error-json.ts'
import { oneLineLogController, type OneLineLogController } from './logging/log-controller.ts'
import { schemas } from './logging/schemas.ts'
import { scrubPath } from './logging/scrub-path.ts'
import { resolveCorrelation, type CorrelationOptions } from './tracing/options.ts'
import {
  resolveLogging,
  type LoggingOptions,
  type LogLevel,
  type ResolvedLogging
} from './logging/options.ts'
import { childLoggerFactory, type ChildLoggerFactory } from './logging/request-logger.ts'
import { IdSource } from './tracing/request-ids.ts'

/** What only Fastify's constructor can set. Give the same `correlation` and `logging` as to the plugin, or only here. */
export interface ObservabilityServerOptions {
  /** See the plugin's option. */
  correlation?: CorrelationOptions | undefined
  /** See the plugin's option. */
  logging?: LoggingOptions | false | undefined
  /**
   * The lowest level that is logged.
   *
   * @defaultValue `LOG_LEVEL` of the environment, else 'info'
   */
  level?: LogLevel | 'silent' | undefined
  /**
   * Further settings of pino: `transport`, `base`, `stream`, … They win. `false` logs nothing.
   *
   * @defaultValue `{}`
   */
  logger?: Record<string, unknown> | false | undefined
  /**
   * The app's own pino, in place of `logger` and `level`. Ids and the requests' lines are the same; level, names of
   * pino's own fields and serializers are as the app has set them.
   */
  loggerInstance?: FastifyBaseLogger | undefined
}

/** What to spread into `Fastify({ … })`, the logger aside. */
export interface FastifyServerSettings {
  genReqId: (raw: IncomingMessage | Http2ServerRequest) => string
  childLoggerFactory: ChildLoggerFactory
  logController: OneLineLogController
  frameworkErrors: EarlyRejectionOptions['frameworkErrors']
  clientErrorHandler: EarlyRejectionOptions['clientErrorHandler']
}

/** With the logger that is made from settings, or with none. */
export interface WithLogger extends FastifyServerSettings {
  logger: Record<string, unknown> | false
}

/** With the app's own logger, whose type the app keeps. */
export interface WithLoggerInstance<Logger extends FastifyBaseLogger> extends FastifyServerSettings {
  loggerInstance: Logger
}

/** How the plugin recognises an app that was built with these options. */
export interface ServerSide {
  ids: IdSource
  logging: ResolvedLogging | undefined
  controller: OneLineLogController
}

const kServerSide = Symbol.for('seaworthy.observability.server-side.v1')

export const serverSideOf = (fastify: FastifyInstance): ServerSide | undefined =>
  (fastify.childLoggerFactory as { [kServerSide]?: ServerSide } | undefined)?.[kServerSide]

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/**
 * The constructor's part: ids that are validated before the request's logger exists, a logger that keeps secrets out,
 * and eyes for requests that Fastify refuses before any hook.
 *
 * @example
 * const app = Fastify({ ...observabilityServerOptions() })
 * await app.register(observability)
 * @throws RangeError for an option that cannot work.
 */
export function observabilityServerOptions<Logger extends FastifyBaseLogger>(
  options: ObservabilityServerOptions & { loggerInstance: Logger }
): WithLoggerInstance<Logger>
export function observabilityServerOptions(
  options?: ObservabilityServerOptions & { loggerInstance?: undefined }
): WithLogger
export function observabilityServerOptions(
  options: ObservabilityServerOptions
): WithLogger | WithLoggerInstance<FastifyBaseLogger>
export function observabilityServerOptions(
  options: ObservabilityServerOptions = {}
): WithLogger | WithLoggerInstance<FastifyBaseLogger> {
  check.keys('', options, ['correlation', 'logging', 'level', 'logger', 'loggerInstance'])
  const { correlation = {}, logging = {}, loggerInstance } = options
  const resolved = logging === false ? undefined : resolveLogging(logging)
  const schema = schemas[resolved?.schema ?? 'default']
  const ids = new IdSource(resolveCorrelation(correlation))
  const controller = oneLineLogController({ requestIdLogLabel: schema.keys.correlationId })

  const settings: FastifyServerSettings = {
    genReqId: (raw) => ids.genReqId(raw as IncomingMessage),
    childLoggerFactory: branded(childLoggerFactory(ids, schema.keys), { ids, logging: resolved, controller }),
    logController: controller,
    ...earlyRejectionOptions
  }
  if (loggerInstance !== undefined) return { ...settings, loggerInstance: ownLogger(options, loggerInstance) }
  return { ...settings, logger: pinoSettings(options, schema.pino) }
}

/** pino's settings, where Fastify makes the logger. */
function pinoSettings(
  { logger = {}, level }: ObservabilityServerOptions,
  ofSchema: Record<string, unknown>
): Record<string, unknown> | false {
  if (logger === false) return false
  const lowest = check.oneOf('level', level ?? (process.env.LOG_LEVEL || 'info'), levels)
  const serializers = { ...safeSerializers, ...(logger.serializers as object | undefined) }
  return { ...ofSchema, level: lowest, ...logger, serializers }
}

/** Fastify takes a logger or settings, never both; and what is set here would change nothing about a finished logger. */
function ownLogger(
  { logger, level }: ObservabilityServerOptions,
  loggerInstance: FastifyBaseLogger
): FastifyBaseLogger {
  if (typeof (loggerInstance as { child?: unknown } | null)?.child !== 'function')
    check.fail('loggerInstance', 'a logger as pino makes it', loggerInstance)
  for (const [name, value] of Object.entries({ logger, level })) {
    if (value !== undefined) check.fail(name, 'left out where there is a "loggerInstance"', value)
  }
  return loggerInstance
}

const branded = (factory: ChildLoggerFactory, side: ServerSide): ChildLoggerFactory =>
  Object.assign(factory, { [kServerSide]: side })

/** For what users log themselves: `log.info({ req })`, `log.error({ err })`. No headers, no query, no address. */
const safeSerializers = {
  err: errSerializer,
  req: ({ method, url }: { method?: string; url?: string }) => ({ method, url: scrubPath(url ?? '') }),
  res: ({ statusCode }: { statusCode?: number }) => ({ statusCode })
}
