import type { FastifyInstance } from 'fastify'
import type { OneLineLogController } from '../logging/log-controller.ts'
import type { ResolvedLogging } from '../logging/options.ts'
import type { RequestDetails } from '../logging/request-details.ts'
import type { ChildLoggerFactory } from '../logging/request-logger.ts'
import type { IdSource } from '../tracing/request-ids.ts'

/** The parts that `observabilityServerOptions()` has created for an app. */
export interface AppliedServerOptions {
  ids: IdSource
  logging: ResolvedLogging | undefined
  controller: OneLineLogController
  details: RequestDetails | undefined
}

const kApplied = Symbol.for('seaworthy.observability.server-side.v1')

/** Attaches the parts to a constructor option, by which the plugin finds them. */
export const withAppliedOptions = (
  factory: ChildLoggerFactory,
  applied: AppliedServerOptions
): ChildLoggerFactory => Object.assign(factory, { [kApplied]: applied })

/** The parts of an app that was built with `observabilityServerOptions()`. */
export const serverOptionsOf = (fastify: FastifyInstance): AppliedServerOptions | undefined =>
  (fastify.childLoggerFactory as { [kApplied]?: AppliedServerOptions } | undefined)?.[kApplied]
