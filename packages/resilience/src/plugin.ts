import {
  managementPort,
  meterPort,
  type Overridable,
  type Propagator,
  propagatorPort,
  type Readiness,
  readinessPort,
  whenProvided
} from '@seaworthy/contract'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { limitOf } from './deadline/header.ts'
import { deadlineOf, type DeadlineSettings, remember, type RequestDeadline, requestKey } from './deadline/deadline.ts'
import { degradedOf, markAnswers } from './strategies/degraded.ts'
import { ClosedError } from './errors.ts'
import { InFlight } from './abortable.ts'
import { breakerMetrics } from './breaker/metrics.ts'
import { checkReadiness, manage } from './management.ts'
import { resolveOptions, type ResilienceOptions } from './options.ts'
import { Registry, type Resilience } from './registry.ts'
import { bindShedding, shedLoad } from './shedding/hooks.ts'
import { Shedder } from './shedding/shedder.ts'

// An app's own members of these names win, because these are inherited ones.
interface ResilienceDecorators {
  /** Breakers, policies and a guarded fetch. */
  resilience: Overridable<this, Resilience>
}
interface ResilienceRequest {
  /** How much time the request has, and whether its client still waits. */
  readonly deadline: Overridable<this, RequestDeadline>
  /** The breakers whose part of the answer is a last good value or a fallback; null while there is none. */
  readonly degraded: Overridable<this, readonly string[] | null>
}

declare module 'fastify' {
  interface FastifyInstance extends ResilienceDecorators {}
  interface FastifyRequest extends ResilienceRequest {}
}

const plugin: FastifyPluginAsync<ResilienceOptions> = async (fastify, given) => {
  const options = resolveOptions(given)
  const { clock, random, faults, deadline, fetch } = options
  const inFlight = new InFlight()
  let propagator: Propagator | undefined
  let closed = false
  let cellsOf: ReturnType<typeof breakerMetrics> | undefined
  let readiness: Readiness | undefined

  const host = {
    clock,
    random,
    faults,
    inFlight,
    fetch,
    log: fastify.log,
    header: deadline.propagate && deadline.header,
    get closed() {
      return closed
    },
    get propagator() {
      return propagator
    }
  }
  const registry = new Registry(options.defaults, options.policies, host, (guard) => {
    if (cellsOf) guard.instruments.bind(cellsOf(guard.name))
    if (readiness) checkReadiness(readiness, guard)
  })
  fastify.decorate('resilience', registry)

  const settings: DeadlineSettings = { clock, inFlight, limitOf: ({ headers }) => limitOf(deadline, headers) }
  // For routes that were added before this plugin: no hook of ours has seen the request.
  const { signal } = new AbortController()
  const unhooked: RequestDeadline = { remaining: () => deadline.default, signal }
  fastify.decorateRequest(requestKey, null)
  fastify.decorateRequest('deadline', {
    getter(this: FastifyRequest) {
      return deadlineOf(this) ?? unhooked
    }
  })
  fastify.decorateRequest('degraded', {
    getter(this: FastifyRequest) {
      return degradedOf(this)
    }
  })
  const { shedding } = options
  const shedder = shedding && new Shedder(shedding, options)
  const admit = shedding && shedder && shedLoad(fastify, shedder, shedding, clock)
  fastify.addHook('onRequest', function resilience(request, reply, done) {
    remember(request, reply, settings)
    if (admit) admit.call(this, request, reply, done)
    else done()
  })
  markAnswers(fastify, options.degradedHeader)

  if (shedder) {
    fastify.addHook('onReady', (done) => {
      shedder.start()
      done()
    })
  }

  whenProvided(fastify, propagatorPort, (value) => {
    propagator = value
  })
  whenProvided(fastify, meterPort, (meter) => {
    cellsOf = breakerMetrics(meter, () => registry.guards())
    for (const guard of registry.guards()) guard.instruments.bind(cellsOf(guard.name))
    if (shedder) bindShedding(meter, shedder)
  })
  whenProvided(fastify, readinessPort, (value) => {
    readiness = value
    for (const guard of registry.guards()) checkReadiness(value, guard)
  })
  whenProvided(fastify, managementPort, (management) => manage(management, registry, shedder))
  fastify.addHook('onClose', (_instance, done) => {
    closed = true
    // What is still at work belongs to no request any more.
    inFlight.abort(new ClosedError())
    shedder?.stop()
    done()
  })
}

/** Breakers, retries, bulkheads, deadlines and load shedding for Fastify. */
export const resilience: FastifyPluginAsync<ResilienceOptions> = fp(plugin, {
  name: '@seaworthy/resilience',
  fastify: '^5.3.0'
})
