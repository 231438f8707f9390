import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { RequestLines } from '../logging/request-line.ts'
import type { MetricsSetup } from '../metrics/setup.ts'
import type { IdSource, RequestIds } from '../tracing/request-ids.ts'
import type { ErrorContext, ResolvedErrorTracking } from '../tracking/options.ts'
import type { Tracking } from '../tracking/tracker.ts'
import { unmatchedRoute, type Route, type Routes } from './routes.ts'

/** The parts that a request's end updates. */
export interface RequestEndParts {
  routes: Routes
  ids: IdSource
  setup: MetricsSetup | undefined
  lines: RequestLines | undefined
  tracking: Tracking
  errorTracking: ResolvedErrorTracking | false
}

/** The errors of a request, and its end. */
export interface RequestEnd {
  failed(request: FastifyRequest, error: unknown): void
  /** A stream of the handler failed after the headers were sent. */
  streamFailed(request: FastifyRequest, error: unknown): void
  /** Called once for each request. */
  end(request: FastifyRequest, reply: FastifyReply, aborted: boolean): void
}

/** Counts, logs and tracks each request when it ends. */
export function requestEnd(fastify: FastifyInstance, parts: RequestEndParts): RequestEnd {
  const { routes, ids, setup, lines, tracking, errorTracking } = parts
  const kError = Symbol('seaworthy.error')
  const kStreamFailed = Symbol('seaworthy.stream-failed')
  type Marked = FastifyRequest & { [kError]?: unknown; [kStreamFailed]?: true }
  fastify.decorateRequest(kError as never)

  return {
    failed(request: Marked, error) {
      request[kError] ??= error
      tracking.pendingErrors?.add(error)
    },

    streamFailed(request: Marked, error) {
      request[kError] = error
      request[kStreamFailed] = true
    },

    end(request: Marked, reply, aborted) {
      const route = routes.of(request)
      const error = request[kError]
      const requestIds = ids.of(request.raw, request.id)
      // An incomplete response is no success, whatever its headers are: 500 where our stream failed, 499 otherwise.
      const statusCode = aborted ? (kStreamFailed in request ? 500 : 499) : reply.statusCode
      const duration = reply.elapsedTime
      if (route.cells !== undefined) {
        const traceId = requestIds.flags.endsWith('1') ? requestIds.traceId : undefined
        const { labels } = setup!
        const labelIndex = labels.size === 1 ? 0 : labels.indexOf(request, reply)
        setup!.http.observe(route.cells, request.method, statusCode, duration, traceId, labelIndex)
        if (aborted) setup!.aborted.inc()
        setup!.sizes?.(request, reply, route.cells.route)
      }
      if (!route.operational)
        lines?.completed(request, reply, route, requestIds, { statusCode, duration, aborted, error })
      if (error !== undefined && errorTracking !== false) {
        track(request, route, statusCode, requestIds, error)
      }
    }
  }

  function track(
    request: FastifyRequest,
    { url = unmatchedRoute }: Route,
    statusCode: number,
    { traceId }: RequestIds,
    error: unknown
  ): void {
    if (statusCode < 500) return tracking.pendingErrors?.settle(error, undefined)
    const { method, id: correlationId } = request
    const userId = userOf(request)
    const context: ErrorContext = {
      source: 'request',
      method,
      route: url,
      statusCode,
      correlationId,
      traceId,
      ...(userId === undefined ? {} : { userId })
    }
    tracking.pendingErrors?.settle(error, context)
    tracking.tracker.capture(error, context)
  }

  /** The function of the app may fail; the error is then tracked without the user. */
  function userOf(request: FastifyRequest): string | undefined {
    try {
      return (errorTracking as ResolvedErrorTracking).userId(request)
    } catch (error) {
      request.log.warn(
        { err: error },
        'observability: errorTracking.userId failed; the error is tracked without the user'
      )
      return undefined
    }
  }
}
