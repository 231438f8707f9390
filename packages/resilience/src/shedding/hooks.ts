import { isOperational, type Meter } from '@seaworthy/contract'
import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from 'fastify'
import type { Clock } from '../clock.ts'
import { OverloadedError } from '../errors.ts'
import type { SheddingPolicy } from './options.ts'
import { priorities, type Priority } from './level.ts'
import type { Shedder } from './shedder.ts'

const admitted: unique symbol = Symbol('seaworthy.resilience.admitted')
type Admitted = FastifyRequest & { [admitted]?: number | undefined }

/** Turns requests away before anything is done for them; probes and metrics never. Gives what is for `onRequest`. */
export function shedLoad(
  fastify: FastifyInstance,
  shedder: Shedder,
  { retryAfter }: SheddingPolicy,
  clock: Clock
): onRequestHookHandler {
  fastify.addHook('onRoute', ({ config, url }) => {
    const given = (config as { priority?: unknown } | undefined)?.priority
    if (given !== undefined && !priorities.includes(given as Priority)) {
      const allowed = priorities.map((priority) => `'${priority}'`).join(', ')
      throw new RangeError(
        `resilience: "config.priority" of ${url} must be one of ${allowed}, got ${typeof given === 'string' ? `'${given}'` : typeof given}`
      )
    }
  })
  const ended = (request: FastifyRequest, statusCode: number): void => {
    const since = (request as Admitted)[admitted]
    if (since === undefined) return
    ;(request as Admitted)[admitted] = undefined
    shedder.ended(clock.now() - since, statusCode)
  }
  if (shedder.limitsConcurrency) {
    fastify.decorateRequest(admitted, undefined)
    fastify.addHook('onResponse', (request, reply, done) => {
      ended(request, reply.statusCode)
      done()
    })
  }
  return (request, reply, done) => {
    shedder.arrived()
    // Reading a route's config costs more than all the rest.
    if (shedder.atEase || isOperational(request)) return done()
    if (!shedder.admits(request.routeOptions.config.priority ?? 'normal')) {
      return done(new OverloadedError(retryAfter))
    }
    if (shedder.limitsConcurrency) {
      ;(request as Admitted)[admitted] = clock.now()
      // Not onRequestAbort: it isn't called for a client that leaves after its body has been read.
      reply.raw.once('close', () => ended(request, reply.statusCode))
    }
    done()
  }
}

/** The cells of `load_shed_total`. */
export function bindShedding(meter: Meter, shedder: Shedder): void {
  const family = meter.counter({
    name: 'load_shed_total',
    help: 'Requests turned away because there was too much to do',
    labels: ['priority']
  })
  shedder.cells = {
    low: family.with('low'),
    normal: family.with('normal'),
    high: family.with('high'),
    critical: family.with('critical')
  }
}
