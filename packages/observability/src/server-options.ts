import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import type { FastifyBaseLogger } from 'fastify'
import { earlyRejectionOptions, type EarlyRejectionOptions } from '@seaworthy/contract'
import { check, optionNames } from './check.ts'
import { withAppliedOptions } from './http/applied-server-options.ts'
import { oneLineLogController, type OneLineLogController } from './logging/log-controller.ts'
import { checkedLogger, loggerSettings } from './logging/logger-settings.ts'
import type { LogLevel } from './logging/levels.ts'
import { loggingDefaults, resolveLogging, type LoggingOptions } from './logging/options.ts'
import { RequestDetails } from './logging/request-details.ts'
import { childLoggerFactory, type ChildLoggerFactory } from './logging/request-logger.ts'
import { schemas } from './logging/schemas.ts'
import { resolveCorrelation, type CorrelationOptions } from './tracing/options.ts'
import { IdSource } from './tracing/request-ids.ts'

/**
 * Options that only Fastify's constructor can apply. Set `correlation` and `logging` here alone, or here and in the plugin.
 *
 * @example
 * const options: ObservabilityServerOptions = { level: 'debug', correlation: { trust: ['10.0.0.0/8'] } }
 * const app = Fastify({ ...observabilityServerOptions(options) })
 */
export interface ObservabilityServerOptions {
  /**
   * See the plugin's option.
   *
   * @defaultValue `{}`
   */
  correlation?: CorrelationOptions | undefined
  /**
   * See the plugin's option.
   *
   * @defaultValue `{}`
   */
  logging?: LoggingOptions | false | undefined
  /**
   * The lowest level that is logged.
   *
   * @defaultValue `LOG_LEVEL` of the environment, else 'info'
   * @throws RangeError for a level that pino does not have.
   */
  level?: LogLevel | 'silent' | undefined
  /**
   * Further settings of pino: `transport`, `base`, `stream`, `errorKey`, … They take precedence. `false` logs nothing.
   *
   * @defaultValue `{}`
   * @throws RangeError for `nestedKey` beside a platform's `logging.schema`, whose fields have their places.
   */
  logger?: Record<string, unknown> | false | undefined
  /**
   * The app's own pino, in place of `logger` and `level`. Ids and the lines of requests are the same. Level, names of
   * pino's own fields and serializers are those of the app.
   *
   * @defaultValue none: Fastify makes the logger
   * @throws RangeError beside `logger` or `level`.
   */
  loggerInstance?: FastifyBaseLogger | undefined
}

const names = optionNames<ObservabilityServerOptions>({
  correlation: true,
  logging: true,
  level: true,
  logger: true,
  loggerInstance: true
})

/**
 * The constructor options to spread into `Fastify({ … })`, except the logger.
 *
 * @example
 * const settings: FastifyServerSettings = observabilityServerOptions()
 * const app = Fastify({ genReqId: settings.genReqId, logController: settings.logController })
 */
export interface FastifyServerSettings {
  /** Accepts or makes the correlation id. */
  genReqId: (raw: IncomingMessage | Http2ServerRequest) => string
  /** Makes the logger of each request, with its ids. */
  childLoggerFactory: ChildLoggerFactory
  /** Replaces Fastify's own lines about requests. */
  logController: OneLineLogController
  /** Answers requests that Fastify rejects before any hook, such as malformed URLs. */
  frameworkErrors: EarlyRejectionOptions['frameworkErrors']
  /** Answers bytes that are no valid request. */
  clientErrorHandler: EarlyRejectionOptions['clientErrorHandler']
}

/**
 * With settings of a logger, or without a logger.
 *
 * @example
 * const settings: WithLogger = observabilityServerOptions()
 * const app = Fastify({ ...settings, logger: false })
 */
export interface WithLogger extends FastifyServerSettings {
  logger: Record<string, unknown> | false
}

/**
 * With the app's own logger, whose type is kept.
 *
 * @example
 * const build = <L extends FastifyBaseLogger>(loggerInstance: L): WithLoggerInstance<L> => observabilityServerOptions({ loggerInstance })
 * build(Fastify().log)
 */
export interface WithLoggerInstance<Logger extends FastifyBaseLogger> extends FastifyServerSettings {
  loggerInstance: Logger
}

/**
 * The constructor options: ids that are validated before the request's logger exists, a logger that keeps secrets out,
 * and handlers of requests that are rejected before any hook.
 *
 * @example
 * const app = Fastify({ ...observabilityServerOptions() })
 * await app.register(observability)
 * @throws RangeError with the code `INVALID_OPTION` for an option that cannot work.
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
  check.keys('', options, names)
  const { correlation = {}, logging = {}, loggerInstance } = options
  const resolved = logging === false ? undefined : resolveLogging(logging)
  const schema = schemas[resolved?.schema ?? loggingDefaults.schema]
  const ids = new IdSource(resolveCorrelation(correlation))
  const controller = oneLineLogController({ requestIdLogLabel: schema.keys.correlationId })

  const details = resolved?.details && new RequestDetails(resolved.details)
  const factory = childLoggerFactory(ids, schema.keys, details)
  const applied = { ids, logging: resolved, controller, details }
  const genReqId: FastifyServerSettings['genReqId'] = (raw) => ids.genReqId(raw as IncomingMessage)
  const settings: FastifyServerSettings = {
    genReqId: withAppliedOptions(genReqId, applied),
    childLoggerFactory: withAppliedOptions(factory, applied),
    logController: controller,
    ...earlyRejectionOptions
  }
  return loggerInstance === undefined
    ? { ...settings, logger: loggerSettings(options, schema, resolved?.buffer) }
    : { ...settings, loggerInstance: checkedLogger(options, loggerInstance, resolved?.buffer) }
}
