import { constructorReportPort, provided } from '@seaworthy/contract'
import { hasLogger } from '@seaworthy/internal'
import type { FastifyInstance } from 'fastify'
import type { LogSchema } from '../logging/options.ts'
import type { RequestDetails } from '../logging/request-details.ts'
import { childLoggerFactory } from '../logging/request-logger.ts'
import { schemas } from '../logging/schemas.ts'
import type { ResolvedCorrelation } from '../tracing/options.ts'
import { IdSource } from '../tracing/request-ids.ts'

/** The options of the ids, and the schema of the log that shows them. */
export interface IdOptions {
  correlation: ResolvedCorrelation
  schema: LogSchema
  /** Whether the app was built with `observabilityServerOptions()`, so that its loggers show the ids already. */
  hasServerOptions: boolean
  details: RequestDetails | undefined
}

/** Ids for an app whose constructor has set none, or others: as far as they can be set later. */
export function installIds(
  fastify: FastifyInstance,
  { correlation, schema, hasServerOptions, details }: IdOptions
): IdSource {
  const ids = new IdSource(correlation)
  fastify.setGenReqId(ids.genReqId)
  // Without a logger nothing shows ids, and Fastify needs no loggers for requests.
  if (!hasServerOptions && hasLogger(fastify)) {
    fastify.setChildLoggerFactory(childLoggerFactory(ids, schemas[schema].keys, details))
    if (provided(fastify, constructorReportPort)) return ids
    fastify.log.warn(
      'observability: the app was built without observabilityServerOptions(); Fastify writes two further lines per ' +
        'request, early rejections are not seen and errors are logged in full; use ' +
        'Fastify({ ...observabilityServerOptions() })'
    )
  }
  return ids
}
