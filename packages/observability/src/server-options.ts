import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { refusalOptions } from '@seaworthy/contract'
import { check } from './check.ts'
import { errSerializer } from './logging/error-json.ts'
import { OneLineLogController } from './logging/log-controller.ts'
import { schemas } from './logging/schemas.ts'
import { scrubPath } from './logging/scrub.ts'
import { resolveCorrelation, type CorrelationOptions } from './options-correlation.ts'
import {
  resolveLogging,
  type LoggingOptions,
  type LogLevel,
  type ResolvedLogging
} from './options-logging.ts'
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
}

/** What to spread into `Fastify({ … })`. */
export interface FastifyServerSettings {
  logger: Record<string, unknown> | false
  genReqId: (raw: IncomingMessage) => string
  childLoggerFactory: ChildLoggerFactory
  logController: OneLineLogController
  frameworkErrors: typeof refusalOptions.frameworkErrors
  clientErrorHandler: typeof refusalOptions.clientErrorHandler
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
export function observabilityServerOptions(options: ObservabilityServerOptions = {}): FastifyServerSettings {
  check.known('', options, ['correlation', 'logging', 'level', 'logger'])
  const { correlation = {}, logging = {}, logger = {}, level = process.env.LOG_LEVEL || 'info' } = options
  const resolved = logging === false ? undefined : resolveLogging(logging)
  const schema = schemas[resolved?.schema ?? 'default']
  const ids = new IdSource(resolveCorrelation(correlation))
  const controller = new OneLineLogController({ requestIdLogLabel: schema.keys.correlationId })

  return {
    logger: logger !== false && {
      ...schema.pino,
      level: check.oneOf('level', level, levels),
      ...logger,
      serializers: { ...safeSerializers, ...(logger.serializers as object | undefined) }
    },
    genReqId: ids.genReqId,
    childLoggerFactory: branded(childLoggerFactory(ids, schema.keys), { ids, logging: resolved, controller }),
    logController: controller,
    ...refusalOptions
  }
}

const branded = (factory: ChildLoggerFactory, side: ServerSide): ChildLoggerFactory =>
  Object.assign(factory, { [kServerSide]: side })

/** For what users log themselves: `log.info({ req })`, `log.error({ err })`. No headers, no query, no address. */
const safeSerializers = {
  err: errSerializer,
  req: ({ method, url }: { method?: string; url?: string }) => ({ method, url: scrubPath(url ?? '') }),
  res: ({ statusCode }: { statusCode?: number }) => ({ statusCode })
}
