import type { FastifyInstance, FastifyRequest } from 'fastify'
import { meterPort, propagatorPort, provide, reporterPort, type Meter } from '@seaworthy/contract'
import { unmatchedRoute } from './http/routes.ts'
import type { IdSource } from './tracing/request-ids.ts'
import type { ErrorContext } from './tracking/options.ts'
import { flushAll } from './tracking/process-exit.ts'
import type { ErrorTracker } from './tracking/tracker.ts'

/** Offers the tracker, the ids and the meter to other plugins. */
export function providePorts(
  fastify: FastifyInstance,
  { tracker, ids, meter }: { tracker: ErrorTracker; ids: IdSource; meter: Meter | undefined }
): void {
  provide(fastify, reporterPort, {
    report: (error, { request, ...context }) =>
      tracker.capture(error, { ...context, ...(request === undefined ? {} : contextOf(request)) }),
    flush: async (timeout) => flushAll(tracker, timeout)
  })
  provide(fastify, propagatorPort, {
    inject(request, carrier) {
      for (const [name, value] of ids.outgoing(ids.of(request.raw, request.id))) carrier[name] ??= value
    }
  })
  if (meter !== undefined) provide(fastify, meterPort, meter)

  function contextOf(request: FastifyRequest): Partial<ErrorContext> {
    const { method, id: correlationId, routeOptions, is404 } = request
    const { traceId } = ids.of(request.raw, correlationId)
    const route = is404 ? unmatchedRoute : (routeOptions.url ?? unmatchedRoute)
    return { method, route, correlationId, traceId }
  }
}
