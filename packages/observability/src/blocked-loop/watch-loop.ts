import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Meter } from '@seaworthy/contract'
import { scrubText } from '@seaworthy/internal'
import type { IdKeys } from '../logging/schemas.ts'
import type { IdSource } from '../tracing/request-ids.ts'
import { unmatchedRoute } from '../http/routes.ts'
import type { ResolvedBlockedLoop } from './options.ts'
import { joinWatchdog, type FoundTurn, type TurnRequest } from './watchdog.ts'

/** The parts that the watch uses. */
export interface WatchLoopParts {
  ids: IdSource
  keys: IdKeys
  meter: Meter | undefined
  /** Returns the request for which the running code works. */
  currentRequest: () => FastifyRequest | undefined
}

const minute = 60_000

/** Logs who blocks the event loop, and counts for how long, from the start of the app until it closes. */
export function watchLoop(
  fastify: FastifyInstance,
  { threshold, maxLinesPerMinute }: ResolvedBlockedLoop,
  { ids, keys, meter, currentRequest }: WatchLoopParts
): void {
  const seconds = meter?.counter({
    name: 'nodejs_eventloop_blocked_seconds_total',
    help: 'Time of turns of the event loop that took longer than the threshold, by the route of their request',
    labels: ['route'],
    maxSeries: 500
  })
  let windowEnd = 0
  let lines = 0
  let left = 0
  let leave = () => {}

  function current(): TurnRequest | undefined {
    const request = currentRequest()
    if (request === undefined) return undefined
    const { correlationId, traceId } = ids.of(request.raw, request.id)
    const { method, routeOptions, is404 } = request
    return {
      method,
      route: is404 ? unmatchedRoute : (routeOptions.url ?? unmatchedRoute),
      correlationId,
      traceId
    }
  }

  function blocked({ duration, stack, request }: FoundTurn): void {
    seconds?.with(request?.route ?? 'none').inc(duration / 1000)
    const now = performance.now()
    if (now >= windowEnd) {
      windowEnd = now + minute
      lines = 0
    }
    if (lines++ >= maxLinesPerMinute) return void left++
    const { method, route, correlationId, traceId } = request ?? {}
    const line = {
      ...(request && { [keys.correlationId]: correlationId, [keys.traceId]: traceId, method, route }),
      duration: Math.round(duration),
      stack: stack === undefined ? 'the turn ended before its stack could be read' : scrubText(stack),
      ...(left > 0 && { withoutLine: left })
    }
    left = 0
    fastify.log.warn(
      line,
      'observability: a turn of the event loop took too long; all other requests have waited; split or move what is at the top of the stack'
    )
  }

  fastify.addHook('onReady', (done) => {
    leave = joinWatchdog({ current, blocked }, threshold)
    done()
  })
  fastify.addHook('onClose', (_, done) => {
    leave()
    done()
  })
}
