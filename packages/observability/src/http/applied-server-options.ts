import type { FastifyInstance } from 'fastify'
import type { OneLineLogController } from '../logging/log-controller.ts'
import type { ResolvedLogging } from '../logging/options.ts'
import type { RequestDetails } from '../logging/request-details.ts'
import type { IdSource } from '../tracing/request-ids.ts'

/** The parts that `observabilityServerOptions()` has created for an app. */
export interface AppliedServerOptions {
  ids: IdSource
  logging: ResolvedLogging | undefined
  controller: OneLineLogController
  details: RequestDetails | undefined
}

const kApplied = Symbol.for('seaworthy.observability.server-side.v1')

interface WithApplied {
  [kApplied]?: AppliedServerOptions
}

/** Attaches the parts to a constructor option, by which the plugin finds them. */
export const withAppliedOptions = <T extends object>(option: T, applied: AppliedServerOptions): T =>
  Object.assign(option, { [kApplied]: applied })

/** The parts of an app that was built with `observabilityServerOptions()`. It may have one of its options of its own. */
export function serverOptionsOf(fastify: FastifyInstance): AppliedServerOptions | undefined {
  const { childLoggerFactory, genReqId } = fastify as {
    childLoggerFactory?: WithApplied
    genReqId?: WithApplied
  }
  return childLoggerFactory?.[kApplied] ?? genReqId?.[kApplied]
}
