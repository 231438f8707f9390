import { isOperational, type Meter } from '@seaworthy/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Clock } from '../clock.ts'
import { OverloadedError } from '../errors.ts'
import type { SheddingPolicy } from '../options-shedding.ts'
import { priorities, type Priority } from './level.ts'
import type { Shedder } from './shedder.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * Which requests are turned away first when there is too much to do: `low`, then `normal` (the default), then
     * `high`. `critical` ones never are.
     */
    priority?: Priority
  }
}

const admitted: unique symbol = Symbol('seaworthy.resilience.admitted')
type Admitted = FastifyRequest & { [admitted]?: number | undefined }

/** Turns requests away before anything is done for them; probes and metrics never. */
export function shedLoad(
  fastify: FastifyInstance,
  shedder: Shedder,
  { retryAfter }: SheddingPolicy,
  clock: Clock
): void {
  fastify.addHook('onRoute', ({ config, url }) => {
    const given = (config as { priority?: unknown } | undefined)?.priority
    if (given !== undefined && !priorities.includes(given as Priority)) {
      const allowed = priorities.map((priority) => `'${priority}'`).join(', ')
      throw new RangeError(
        `resilience: "config.priority" of ${url} must be one of ${allowed}, got ${typeof given === 'string' ? `'${given}'` : typeof given}`
      )
    }
  })
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (isOperational(request)) return done()
    if (!shedder.admits(request.routeOptions.config.priority ?? 'normal')) {
      return done(new OverloadedError(retryAfter))
    }
    if (shedder.limitsConcurrency) (request as Admitted)[admitted] = clock.now()
    done()
  })
  if (!shedder.limitsConcurrency) return

  fastify.decorateRequest(admitted, undefined)
  const ended = (request: FastifyRequest, ok: boolean): void => {
    const since = (request as Admitted)[admitted]
    if (since === undefined) return
    ;(request as Admitted)[admitted] = undefined
    shedder.ended(clock.now() - since, ok)
  }
  fastify.addHook('onResponse', (request, reply, done) => {
    ended(request, reply.statusCode < 500)
    done()
  })
  fastify.addHook('onRequestAbort', (request, done) => {
    ended(request, true)
    done()
  })
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
