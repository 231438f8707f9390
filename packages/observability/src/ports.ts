import type { FastifyInstance, FastifyRequest } from 'fastify'
import { meterPort, propagatorPort, provide, reporterPort, tracerPort, type Meter } from '@seaworthy/contract'
import { unmatchedRoute } from './http/routes.ts'
import { activeSpan, type SpanMaker } from './internals/index.ts'
import { tracerOf } from './spans/tracer.ts'
import type { IdSource } from './tracing/request-ids.ts'
import type { ErrorContext } from './tracking/options.ts'
import type { ErrorTracker } from './tracking/tracker.ts'

/** The parts that other plugins may use. */
export interface PortParts {
  tracker: ErrorTracker
  flush: (timeout?: number) => Promise<void>
  ids: IdSource
  meter: Meter | undefined
  spans: SpanMaker | undefined
}

/** Offers the tracker, the ids and the meter to other plugins. */
export function providePorts(
  fastify: FastifyInstance,
  { tracker, flush, ids, meter, spans }: PortParts
): void {
  provide(fastify, reporterPort, {
    report: (error, { request, ...context }) =>
      tracker.capture(error, { ...context, ...(request === undefined ? {} : contextOf(request)) }),
    flush
  })
  provide(fastify, propagatorPort, {
    inject(request, carrier) {
      const requestIds = ids.of(request.raw, request.id)
      // The attempt of a breaker has a span below that of its request.
      const active = spans && requestIds.recorded ? activeSpan() : undefined
      const from =
        active?.traceId === requestIds.traceId ? { ...requestIds, spanId: active.spanId } : requestIds
      for (const [name, value] of ids.outgoing(from)) carrier[name] ??= value
    }
  })
  if (spans !== undefined) provide(fastify, tracerPort, tracerOf(spans))
  if (meter !== undefined) provide(fastify, meterPort, meter)

  function contextOf(request: FastifyRequest): Partial<ErrorContext> {
    const { method, id: correlationId, routeOptions, is404 } = request
    const { traceId } = ids.of(request.raw, correlationId)
    const route = is404 ? unmatchedRoute : (routeOptions.url ?? unmatchedRoute)
    return { method, route, correlationId, traceId }
  }
}
