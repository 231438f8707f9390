import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { RequestLines } from '../logging/request-line.ts'
import type { MetricsSetup } from '../metrics/setup.ts'
import type { ResolvedErrorTracking } from '../tracking/options.ts'
import type { Route, Routes } from './routes.ts'
import type { IdSource } from '../tracing/request-ids.ts'
import { errorContext, type Tracking } from '../tracking/tracker.ts'

/** What a request's end is told to. */
export interface Ends {
  routes: Routes
  ids: IdSource
  setup: MetricsSetup | undefined
  lines: RequestLines | undefined
  tracking: Tracking
  errorTracking: ResolvedErrorTracking | false
}

/** What a request has gone through, and its one end. */
export interface RequestEnd {
  failed(request: FastifyRequest, error: unknown): void
  /** A stream of ours failed after the head had gone out. */
  streamFailed(request: FastifyRequest, error: unknown): void
  end(request: FastifyRequest, reply: FastifyReply, aborted: boolean): void
}

/** The one end of each request: numbers, line, error. */
export function requestEnd(fastify: FastifyInstance, ends: Ends): RequestEnd {
  const { routes, ids, setup, lines, tracking, errorTracking } = ends
  const kError = Symbol('seaworthy.error')
  const kFailed = Symbol('seaworthy.failed')
  type Marked = FastifyRequest & { [kError]?: unknown; [kFailed]?: true }
  fastify.decorateRequest(kError as never)

  return {
    failed(request: Marked, error) {
      request[kError] ??= error
      tracking.outcomes?.expect(error)
    },

    streamFailed(request: Marked, error) {
      request[kError] = error
      request[kFailed] = true
    },

    end(request: Marked, reply, aborted) {
      const route = routes.of(request.routeOptions.config)
      const error = request[kError]
      const requestIds = ids.of(request.raw, request.id)
      // An answer that broke off is no success, whatever its head said; whose fault it was decides.
      const statusCode = aborted ? (kFailed in request ? 500 : 499) : reply.statusCode
      const duration = reply.elapsedTime
      if (route.cells !== undefined) {
        const traceId = requestIds.flags.endsWith('1') ? requestIds.traceId : undefined
        const { labels } = setup!
        const place = labels.size === 1 ? 0 : labels.place(request, reply)
        setup!.http.observe(route.cells, request.method, statusCode, duration, traceId, place)
        if (aborted) setup!.aborted.inc()
        setup!.sizes?.(request, reply, route.cells.route)
      }
      if (!route.operational)
        lines?.completed(request, reply, route, requestIds, { statusCode, duration, aborted, error })
      if (error !== undefined && errorTracking !== false) {
        track(request, route, statusCode, requestIds.traceId, error)
      }
    }
  }

  function track(
    request: FastifyRequest,
    { url }: Route,
    statusCode: number,
    traceId: string,
    error: unknown
  ): void {
    const context =
      statusCode < 500
        ? undefined
        : errorContext(request, { route: url, statusCode, traceId, userId: userOf(request) })
    tracking.outcomes?.settle(error, context)
    if (context !== undefined) tracking.tracker.capture(error, context)
  }

  /** The service's own function may fail; the error is told without the user then. */
  function userOf(request: FastifyRequest): string | undefined {
    try {
      return (errorTracking as ResolvedErrorTracking).userId(request)
    } catch (error) {
      request.log.warn({ err: error }, 'observability: errorTracking.userId failed')
      return undefined
    }
  }
}
