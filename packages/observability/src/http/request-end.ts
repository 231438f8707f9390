import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isRejection } from '@seaworthy/contract'
import { longLivedStatus } from './long-lived.ts'
import { isFailure, watchFurtherErrors } from './further-errors.ts'
import type { RecentRequests } from './recent-requests.ts'
import type { RequestDetails } from '../logging/request-details.ts'
import type { RequestLines } from '../logging/request-line.ts'
import type { ServerSpans } from '../spans/server-spans.ts'
import type { MetricsSetup } from '../metrics/setup.ts'
import type { IdSource, RequestIds } from '../tracing/request-ids.ts'
import { isSampled } from '../tracing/trace-context.ts'
import type { ErrorContext, ResolvedErrorTracking } from '../tracking/options.ts'
import type { Tracking } from '../tracking/tracker.ts'
import { unmatchedRoute, type Route, type Routes } from './routes.ts'
import { safeError } from '../logging/safe-error.ts'

/** The parts that a request's end updates. */
export interface RequestEndParts {
  routes: Routes
  ids: IdSource
  setup: MetricsSetup | undefined
  lines: RequestLines | undefined
  tracking: Tracking
  errorTracking: ResolvedErrorTracking | false
  /** The failed and slow requests for the operators' page, where there is one. */
  recent: RecentRequests | undefined
  details: RequestDetails | undefined
  serverSpans: ServerSpans | undefined
}

/** The errors of a request, and its end. */
export interface RequestEnd {
  failed(request: FastifyRequest, reply: FastifyReply, error: unknown): void
  /** A stream of the handler failed after the headers were sent. */
  streamFailed(request: FastifyRequest, error: unknown): void
  /** Called once for each request. */
  end(request: FastifyRequest, reply: FastifyReply, aborted: boolean): void
  /** Called where Fastify has ended a request that was not open: does nothing after an abort. */
  endUnopened(request: FastifyRequest, reply: FastifyReply, aborted: boolean): void
}

/** Whether the trace is recorded, and not because of an untrusted client. */
const isTraced = ({ flags, chosen }: RequestIds): boolean => !chosen && isSampled(flags)

/** Counts, logs and tracks each request when it ends. */
export function requestEnd(fastify: FastifyInstance, parts: RequestEndParts): RequestEnd {
  const { routes, ids, setup, lines, tracking, errorTracking, recent, details, serverSpans } = parts
  const kError = Symbol('seaworthy.error')
  const kStreamFailed = Symbol('seaworthy.stream-failed')
  const kAgain = Symbol('seaworthy.error-again')
  const kAborted = Symbol('seaworthy.aborted')
  type RequestWithOutcome = FastifyRequest & {
    [kError]?: unknown
    [kStreamFailed]?: true
    [kAgain]?: unknown
    [kAborted]?: true
  }
  fastify.decorateRequest(kError as never)

  /** An error handler, a hook or a serializer failed while it answered another error. */
  function failedAgain(request: RequestWithOutcome, error: unknown): void {
    // Fastify may send one error twice: from the handler that threw it, and from its own.
    if (error === request[kError] || error === request[kAgain] || !isFailure(error)) return
    request[kAgain] = error
    request.log.error(
      { err: safeError(error) },
      'observability: the answer to an error failed itself; the client gets status 500; repair the error handler, hook or serializer that threw this'
    )
    if (errorTracking === false) return
    tracking.pendingErrors?.add(error)
    track(request, routes.of(request), 500, ids.of(request.raw, request.id), error)
  }
  const sendFurther = watchFurtherErrors(failedAgain)

  const requests: RequestEnd = {
    failed(request: RequestWithOutcome, reply, thrown) {
      const error = thrown === undefined ? new Error('undefined was thrown') : thrown
      if (request[kError] !== undefined) return failedAgain(request, error)
      request[kError] = error
      tracking.pendingErrors?.add(error)
      reply.send = sendFurther
    },

    streamFailed(request: RequestWithOutcome, error) {
      request[kError] = error
      request[kStreamFailed] = true
    },

    end(request: RequestWithOutcome, reply, cut) {
      const route = routes.of(request)
      const error = request[kError]
      const requestIds = ids.of(request.raw, request.id)
      const duration = reply.elapsedTime
      if (cut) request[kAborted] = true
      const failed = cut && kStreamFailed in request
      const longLived =
        !failed && (route.longLived || cut || duration > route.slowThreshold)
          ? longLivedStatus(request, reply, route.longLived)
          : undefined
      const aborted = cut && longLived === undefined
      // An incomplete response is no success, whatever its headers are: 500 where our stream failed, 499 otherwise.
      const statusCode = longLived ?? (aborted ? (failed ? 500 : 499) : reply.statusCode)
      if (route.cells !== undefined && longLived !== undefined) {
        const { labels } = setup!
        const labelIndex = labels.size === 1 ? 0 : labels.indexOf(request, reply)
        setup!.http.count(route.cells, request.method, statusCode, labelIndex)
      } else if (route.cells !== undefined) {
        const traceId = requestIds.flags.endsWith('1') ? requestIds.traceId : undefined
        const { labels } = setup!
        const labelIndex = labels.size === 1 ? 0 : labels.indexOf(request, reply)
        setup!.http.observe(route.cells, request.method, statusCode, duration, traceId, labelIndex)
        if (aborted) setup!.aborted.inc()
        setup!.sizes?.(request, reply, route.cells.route)
      }
      const rejected = error !== undefined && isRejection(error)
      const isSlow = duration > route.slowThreshold && longLived === undefined
      if (recent !== undefined && !route.operational && longLived === undefined && !rejected) {
        if (isSlow || statusCode >= 500)
          recent.add(request, route.url, requestIds, { statusCode, duration, isSlow, error })
      }
      // Of a probe only what is a bug: 503 is its way to say that the service is not ready.
      const isLogged = !route.operational || (statusCode >= 500 && statusCode !== 503)
      const droppedDetails =
        details === undefined
          ? 0
          : details.end(
              request.raw,
              isLogged && !rejected && (statusCode >= 500 || isSlow || isTraced(requestIds))
            )
      if (isLogged) {
        const isLong = longLived !== undefined
        lines?.completed(request, reply, route, requestIds, {
          statusCode,
          duration,
          aborted,
          error,
          rejected,
          longLived: isLong,
          droppedDetails
        })
      }
      serverSpans?.end(request, statusCode, aborted, error)
      if (error === undefined || errorTracking === false) return
      if (rejected || statusCode < 500) tracking.pendingErrors?.settle(error, undefined)
      else track(request, route, statusCode, requestIds, error)
    },

    endUnopened(request: RequestWithOutcome, reply, aborted) {
      if (request[kAborted] !== true) requests.end(request, reply, aborted)
    }
  }
  return requests

  function track(
    request: FastifyRequest,
    { url = unmatchedRoute }: Route,
    statusCode: number,
    { traceId }: RequestIds,
    error: unknown
  ): void {
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
        { err: safeError(error) },
        'observability: errorTracking.userId failed; the error is tracked without the user'
      )
      return undefined
    }
  }
}
