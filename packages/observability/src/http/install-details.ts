import type { FastifyInstance } from 'fastify'
import { hasLogger } from '@seaworthy/internal'
import type { ResolvedLogging } from '../logging/options.ts'
import { RequestDetails } from '../logging/request-details.ts'
import { childLoggerFactory } from '../logging/request-logger.ts'
import { schemas } from '../logging/schemas.ts'
import { withAppliedOptions, type AppliedServerOptions } from './applied-server-options.ts'

/** The details of requests: those of the constructor's logger, else of loggers that the plugin makes. */
export function installDetails(
  fastify: FastifyInstance,
  logging: ResolvedLogging | false,
  applied: AppliedServerOptions | undefined
): RequestDetails | undefined {
  const options = logging === false ? undefined : logging.details
  const details = applied?.details ?? (options && new RequestDetails(options))
  if (details === undefined || !hasLogger(fastify)) return undefined
  if (!details.canKeep(fastify.log)) {
    fastify.log.warn(
      'observability: the logger is no pino, so logging.details keeps nothing; lines below its level are lost; pass a pino as loggerInstance'
    )
    return undefined
  }
  if (applied !== undefined && applied.details === undefined && logging !== false) {
    const factory = childLoggerFactory(applied.ids, schemas[logging.schema].keys, details)
    fastify.setChildLoggerFactory(withAppliedOptions(factory, { ...applied, details }))
  }
  return details
}
