import type { FastifyInstance } from 'fastify'
import { meterPort, propagatorPort, provide, reporterPort, type Meter } from '@seaworthy/contract'
import type { IdSource } from './tracing/request-ids.ts'
import { flushAll } from './tracking/process-exit.ts'
import type { ErrorTracker } from './tracking/tracker.ts'

/** Offers the tracker, the ids and the meter to other plugins. */
export function providePorts(
  fastify: FastifyInstance,
  { tracker, ids, meter }: { tracker: ErrorTracker; ids: IdSource; meter: Meter | undefined }
): void {
  provide(fastify, reporterPort, {
    report: (error, { request, ...context }) =>
      tracker.capture(error, {
        ...context,
        ...(request === undefined ? {} : { correlationId: request.id, method: request.method })
      }),
    flush: async (timeout) => flushAll(tracker, timeout)
  })
  provide(fastify, propagatorPort, {
    inject(request, carrier) {
      for (const [name, value] of ids.outgoing(ids.of(request.raw, request.id))) carrier[name] ??= value
    }
  })
  if (meter !== undefined) provide(fastify, meterPort, meter)
}
