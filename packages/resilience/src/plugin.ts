import {
  managementPort,
  meterPort,
  type Overridable,
  type Propagator,
  propagatorPort,
  type Readiness,
  readinessPort,
  reporterPort,
  type Tracer,
  tracerPort,
  whenProvided
} from '@seaworthy/contract'
import { assertDecoratorsAreFree, LazyCounter, loadAfterStart } from '@seaworthy/internal'
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { AbortableList } from './abortable.ts'
import { breakerMetrics, MAX_SERIES } from './breaker/metrics.ts'
import { logStateChanges, reportOpenings, StateChangeListeners } from './circuit/state-changes.ts'
import type { DeadlineSettings, RequestDeadline } from './deadline/deadline.ts'
import { deadlineOf, initRequestState, requestStateKey } from './deadline/request-state.ts'
import { checkRouteDeadline, timeLimit } from './deadline/time-limit.ts'
import { ClosedError } from './errors/call-errors.ts'
import { management as loadManagement } from './load-management.cjs'
import { breakers, calls } from './load.cjs'
import { warnAboutMisspeltOptions } from './misspelt-options.ts'
import { addReadinessCheck } from './readiness.ts'
import { type ResilienceOptions, resolveOptions, type ResolvedOptions } from './options.ts'
import type { RegisteredBreaker } from './breaker/registered-breaker.ts'
import { Registry, type RegistryHost, type Resilience } from './registry.ts'
import { bindSheddingMetric, shedLoad } from './shedding/hooks.ts'
import { addPriorityTo, requestPriority } from './shedding/request-priority.ts'
import { Shedder } from './shedding/shedder.ts'
import { degradedBreakers, markDegradedResponses } from './strategies/degraded.ts'

// Inherited members, so that members of the same names that an app declares take precedence.
interface ResilienceDecorators {
  /** Breakers, policies and a guarded fetch. */
  resilience: Overridable<this, Resilience>
}
interface ResilienceRequest {
  /** The request's remaining time, and a signal that aborts when its client disconnects. */
  readonly deadline: Overridable<this, RequestDeadline>
  /** The breakers that served a last good value or a fallback for this request. `null` if none did. */
  readonly degraded: Overridable<this, readonly string[] | null>
}

declare module 'fastify' {
  interface FastifyInstance extends ResilienceDecorators {}
  interface FastifyRequest extends ResilienceRequest {}
}

const plugin: FastifyPluginAsync<ResilienceOptions> = async (fastify, pluginOptions) => {
  const options = resolveOptions(pluginOptions)
  assertDecoratorsAreFree(fastify, 'resilience', { app: ['resilience'], request: ['deadline', 'degraded'] })
  const pendingWork = new AbortableList()
  const { shedding } = options
  const shedder = shedding && new Shedder(shedding, options.random)

  const registry = addRegistry(fastify, options, pendingWork)
  addRequestDecorators(fastify, options)
  addRequestHooks(fastify, options, pendingWork, shedder)
  loadAfterStart(
    fastify,
    'resilience: the code of breakers and fetch cannot be loaded; its first use tries again; install the packages again',
    () => [breakers(), calls()]
  )
  whenProvided(fastify, managementPort, (management) =>
    loadManagement().addManagementRoutes(management, registry, shedder, fastify.log)
  )
}

/** Adds `app.resilience`, and connects its breakers to logs, metrics, readiness and outgoing trace context. */
function addRegistry(
  fastify: FastifyInstance,
  { clock, random, faults, fetch, deadline, shedding, defaults, policies }: ResolvedOptions,
  pendingWork: AbortableList
): Registry {
  const { log } = fastify
  const listeners = observeStates(fastify)
  let cellsFor: ReturnType<typeof breakerMetrics> | undefined
  let readiness: Readiness | undefined
  const connect = (breaker: RegisteredBreaker): void => {
    if (cellsFor) breaker.counts.bind(cellsFor(breaker.name))
    if (readiness) addReadinessCheck(readiness, breaker)
  }
  const { priorityHeader } = shedding ?? {}
  // One object for the whole life of the app: `isClosed`, `propagator` and `tracer` change.
  const host: RegistryHost & {
    isClosed: boolean
    propagator: Propagator | undefined
    tracer: Tracer | undefined
  } = {
    clock,
    random,
    faults,
    fetch,
    log,
    pendingWork,
    isClosed: false,
    propagator: undefined,
    tracer: undefined,
    header: deadline.propagate && deadline.header,
    addPriority: priorityHeader
      ? addPriorityTo(priorityHeader, requestPriority(priorityHeader, deadline))
      : undefined,
    stateChanged: (change) => listeners.notify(change),
    onStateChange: (listener) => listeners.add(listener),
    breakerCreated: connect
  }
  const registry = new Registry(defaults, policies, host)
  fastify.decorate('resilience', registry)

  whenProvided(fastify, propagatorPort, (propagator) => {
    host.propagator = propagator
  })
  whenProvided(fastify, tracerPort, (tracer) => {
    host.tracer = tracer
  })
  whenProvided(fastify, meterPort, (meter) => {
    cellsFor = breakerMetrics(meter, () => registry.registered())
    for (const { name, counts } of registry.registered()) counts.bind(cellsFor(name))
  })
  whenProvided(fastify, readinessPort, (value) => {
    readiness = value
    for (const breaker of registry.registered()) addReadinessCheck(value, breaker)
  })
  fastify.addHook('onClose', (_instance, done) => {
    host.isClosed = true
    pendingWork.abortAll(new ClosedError())
    registry.close()
    done()
  })
  return registry
}

/** The listeners to all breakers' changes: the log and a metric are the first two. */
function observeStates(fastify: FastifyInstance): StateChangeListeners {
  const listeners = new StateChangeListeners(fastify.log)
  const changes = new LazyCounter(fastify, {
    name: 'breaker_state_changes_total',
    help: 'Changes to this state',
    labels: ['breaker', 'state'],
    maxSeries: MAX_SERIES
  })
  listeners.add(logStateChanges(fastify.log))
  listeners.add(({ name, from, to }) => {
    if (from !== to) changes.inc(name, to)
  })
  whenProvided(fastify, reporterPort, (reporter) => listeners.add(reportOpenings(reporter)))
  return listeners
}

/** Adds `request.deadline` and `request.degraded`. */
function addRequestDecorators(fastify: FastifyInstance, { deadline }: ResolvedOptions): void {
  // For routes that were added before this plugin: our hook does not run for their requests.
  const { signal } = new AbortController()
  const withoutHook: RequestDeadline = { remaining: () => deadline.default, signal }
  fastify.decorateRequest(requestStateKey, null)
  fastify.decorateRequest('deadline', {
    getter(this: FastifyRequest) {
      return deadlineOf(this) ?? withoutHook
    }
  })
  fastify.decorateRequest('degraded', {
    getter(this: FastifyRequest) {
      return degradedBreakers(this)
    }
  })
}

/** Adds the hooks of deadlines, load shedding and degraded responses. */
function addRequestHooks(
  fastify: FastifyInstance,
  { clock, deadline, shedding, degradedHeader }: ResolvedOptions,
  pendingWork: AbortableList,
  shedder: Shedder | undefined
): void {
  const settings: DeadlineSettings = {
    clock,
    pendingWork,
    timeLimit: (request) => timeLimit(deadline, request)
  }
  fastify.addHook('onRoute', ({ config, url }) =>
    checkRouteDeadline(url, (config as { deadline?: unknown } | undefined)?.deadline)
  )
  warnAboutMisspeltOptions(fastify)
  const shed =
    shedding &&
    shedder &&
    shedLoad(fastify, shedder, shedding, clock, requestPriority(shedding.priorityHeader, deadline))
  fastify.addHook('onRequest', function resilience(request, reply, done) {
    initRequestState(request, reply, settings)
    if (shed) shed.call(this, request, reply, done)
    else done()
  })
  markDegradedResponses(fastify, degradedHeader)
  if (!shedder) return
  fastify.addHook('onReady', (done) => {
    shedder.start(fastify.server)
    done()
  })
  fastify.addHook('onClose', (_instance, done) => {
    shedder.stop()
    done()
  })
  whenProvided(fastify, meterPort, (meter) => bindSheddingMetric(meter, shedder))
}

/**
 * Breakers, retries, bulkheads, deadlines and load shedding for Fastify.
 *
 * @example
 * await app.register(resilience)
 * const prices = app.resilience.breaker('prices', async ({ signal }) => (await fetch('http://prices.internal/', { signal })).json())
 * app.get('/prices', (request) => prices.call(request))
 */
export const resilience: FastifyPluginAsync<ResilienceOptions> = fp(plugin, {
  name: '@seaworthy/resilience',
  fastify: '^5.3.0'
})
