import { isOperational, type Meter } from '@seaworthy/contract'
import { invalidOption } from '@seaworthy/internal'
import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from 'fastify'
import type { Clock } from '../clock.ts'
import { requestState } from '../deadline/request-state.ts'
import { OverloadedError } from '../errors/call-errors.ts'
import type { SheddingPolicy } from './options.ts'
import { priorities, type Priority } from './priority.ts'
import type { Shedder } from './shedder.ts'

/** Rejects requests before any work is done for them, except probes and metrics. Returns the `onRequest` hook. */
export function shedLoad(
  fastify: FastifyInstance,
  shedder: Shedder,
  { retryAfter }: SheddingPolicy,
  clock: Clock,
  priorityOf: (request: FastifyRequest) => Priority
): onRequestHookHandler {
  fastify.addHook('onRoute', ({ config, url }) =>
    checkPriority(url, (config as { priority?: unknown } | undefined)?.priority)
  )

  const release = (request: FastifyRequest, outcome: number | 'left'): void => {
    const state = requestState(request)
    if (state?.admittedAt === undefined) return
    const duration = clock.now() - state.admittedAt
    state.admittedAt = undefined
    shedder.release(duration, outcome)
  }
  if (shedder.limitsConcurrency) {
    fastify.addHook('onResponse', (request, reply, done) => {
      release(request, reply.statusCode)
      done()
    })
  }

  return (request, reply, done) => {
    shedder.countArrival()
    // First, because reading a route's config costs more than all the rest.
    if (shedder.isIdle || isOperational(request)) return done()
    if (!shedder.admits(priorityOf(request), request.raw.socket)) {
      return done(new OverloadedError(retryAfter))
    }
    if (shedder.limitsConcurrency) {
      requestState(request)!.admittedAt = clock.now()
      // Not onRequestAbort: it is not called for a client that disconnects after its body has been read.
      reply.raw.once('close', () => release(request, 'left'))
    }
    done()
  }
}

function checkPriority(url: string, priority: unknown): void {
  if (priority === undefined || priorities.includes(priority as Priority)) return
  const allowed = priorities.map((name) => `'${name}'`).join(', ')
  const value = typeof priority === 'string' ? `'${priority}'` : typeof priority
  throw invalidOption(`resilience: "config.priority" of ${url} must be one of ${allowed}, got ${value}`)
}

/** Creates the metric of shedding. */
export function bindSheddingMetric(meter: Meter, shedder: Shedder): void {
  const family = meter.counter({
    name: 'load_shed_total',
    help: 'Requests rejected because the service was overloaded',
    labels: ['priority']
  })
  shedder.bind({
    low: family.with('low'),
    normal: family.with('normal'),
    high: family.with('high'),
    critical: family.with('critical')
  })
}
