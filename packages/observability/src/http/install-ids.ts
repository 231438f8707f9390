import { hasLogger } from '@seaworthy/internal'
import type { FastifyInstance } from 'fastify'
import { childLoggerFactory } from '../logging/request-logger.ts'
import { schemas } from '../logging/schemas.ts'
import type { ObservabilityOptions, ResolvedOptions } from '../options.ts'
import type { ServerSide } from '../server-options.ts'
import { IdSource } from '../tracing/request-ids.ts'

/** The ids that the constructor's options have made, or else new ones, with what can be set without the constructor. */
export function bindIds(
  fastify: FastifyInstance,
  options: ResolvedOptions,
  given: ObservabilityOptions,
  side: ServerSide | undefined
): IdSource {
  if (side !== undefined && given.correlation === undefined) return side.ids
  const ids = new IdSource(options.correlation)
  const { keys } = schemas[options.logging === false ? 'default' : options.logging.schema]
  fastify.setGenReqId(ids.genReqId)
  // Without a logger nothing carries ids, and Fastify spares itself the requests' loggers.
  if (side === undefined && hasLogger(fastify)) {
    fastify.setChildLoggerFactory(childLoggerFactory(ids, keys))
    fastify.log.warn(
      'observability: the app was built without observabilityServerOptions(), so Fastify writes two lines of its own ' +
        'per request, requests refused early stay unseen and errors are logged whole: ' +
        'Fastify({ ...observabilityServerOptions() })'
    )
  }
  return ids
}
