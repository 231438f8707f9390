import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { managementPort, meterPort, propagatorPort, provide, reporterPort } from '@seaworthy/contract'
import { agentProblem } from './apm/order.ts'
import type { Observability } from './api.ts'
import { brokenOff, Connections } from './connections.ts'
import { RequestLines } from './logging/request-line.ts'
import { childLoggerFactory } from './logging/request-logger.ts'
import { schemas } from './logging/schemas.ts'
import { ManagementServer } from './management/listener.ts'
import { LogLevel, logLevelRoutes } from './management/log-level.ts'
import { statusPage } from './management/status-page.ts'
import { metricsRoute } from './metrics/route.ts'
import { connectionGauges, defaultMetrics, setUpMetrics, type MetricsSetup } from './metrics/setup.ts'
import { flushAll, watchCrashes } from './crash.ts'
import { watchOutgoing } from './outgoing.ts'
import { resolveOptions, type ObservabilityOptions, type ResolvedOptions } from './options.ts'
import { watchRefusals } from './refusals.ts'
import { Routes } from './routes.ts'
import { serverSideOf, type ServerSide } from './server-options.ts'
import { requestContext } from './tracing/request-context.ts'
import { IdSource } from './tracing/request-ids.ts'
import { WorkerGroup } from './workers/worker-group.ts'
import type { Outcomes } from './tracking/outcomes.ts'
import { sentryClient } from './tracking/sentry.ts'
import { errorContext, ErrorTracker } from './tracking/tracker.ts'

const plugin: FastifyPluginAsync<ObservabilityOptions> = async (fastify, given) => {
  const side = serverSideOf(fastify)
  const options = resolveOptions(given)
  const { metrics: metricsOptions, errorTracking, management: managementOptions } = options
  if (given.logging === undefined && side !== undefined) options.logging = side.logging ?? false

  const ids = bindIds(fastify, options, given, side)
  const setup = metricsOptions === false ? undefined : setUpMetrics(metricsOptions, fastify.log)
  const lines =
    options.logging === false || !hasLogger(fastify)
      ? undefined
      : new RequestLines(options.logging, fastify.log)
  const routes = new Routes(setup?.http, options.logging === false ? undefined : options.logging)
  const { tracker, outcomes } = await trackerOf(fastify, options)
  const kError = Symbol('seaworthy.error')
  const kFailed = Symbol('seaworthy.failed')
  const connections = new Connections((reply) => end(reply.request, reply, true))

  /** The one end of each request: numbers, line, error. */
  function end(request: FastifyRequest, reply: FastifyReply, aborted: boolean): void {
    const route = routes.of(request.routeOptions.config)
    const error = (request as unknown as Record<symbol, unknown>)[kError]
    const requestIds = ids.of(request.raw, request.id)
    // An answer that broke off is no success, whatever its head said; whose fault it was decides.
    const statusCode = aborted ? (kFailed in request ? 500 : 499) : reply.statusCode
    const duration = reply.elapsedTime
    if (route.cells !== undefined) {
      const traceId = requestIds.flags.endsWith('1') ? requestIds.traceId : undefined
      setup!.http.observe(route.cells, request.method, statusCode, duration, traceId)
      if (aborted) setup!.aborted.inc()
      setup!.sizes?.(request, reply, route.cells.route)
    }
    if (!route.operational)
      lines?.completed(request, reply, route, requestIds, { statusCode, duration, aborted, error })
    if (error !== undefined && errorTracking !== false) {
      const failed = statusCode >= 500
      const { traceId } = requestIds
      const context = failed
        ? errorContext(request, {
            route: route.url,
            statusCode,
            traceId,
            userId: errorTracking.userId(request)
          })
        : undefined
      outcomes?.settle(error, context)
      if (context !== undefined) tracker.capture(error, context)
    }
  }

  const { header } = ids.options
  fastify.addHook('onRoute', (route) => routes.bind(route))
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.header(header, request.id)
    connections.open(reply)
    done()
  })
  fastify.addHook('onError', (request, _reply, error, done) => {
    ;(request as unknown as Record<symbol, unknown>)[kError] ??= error
    outcomes?.expect(error)
    done()
  })
  fastify.addHook('onResponse', (request, reply, done) => {
    if (connections.close(reply)) end(request, reply, brokenOff(reply))
    done()
  })
  fastify.decorateRequest(kError as never)

  connections.watch(fastify.server, fastify.initialConfig.http2 === true)
  watchRefusals(fastify, connections, ids, lines, setup?.refused)
  side?.controller.listen({
    streamFailed(error, request) {
      Object.assign(request, { [kError]: error, [kFailed]: true })
    },
    refusedWhileClosing(log) {
      setup?.refused('closing', 503)
      lines?.refused(log, { statusCode: 503, reason: 'closing' })
    }
  })

  const management = managementOptions === false ? undefined : new ManagementServer(managementOptions)
  if (setup !== undefined && metricsOptions !== false)
    serveMetrics(fastify, metricsOptions, setup, connections, management)
  if (management !== undefined) serveManagement(fastify, management, connections)
  fastify.addHook('onReady', (done) => {
    setup?.http.addObjectives(routes.objectives)
    done()
  })

  const context = ids.options.context ? requestContext(fastify) : undefined
  const stopWatching = watchOutgoing(
    ids,
    context && (() => context.getStore()),
    metricsOptions !== false && metricsOptions.outgoing ? setup!.metrics : undefined
  )
  fastify.addHook('onClose', (_, done) => {
    stopWatching()
    done()
  })
  watchCrashes(fastify, tracker)
  const problem = agentProblem()
  if (problem !== undefined) fastify.log.warn(`observability: ${problem}`)

  const observability: Observability = {
    registry: metricsOptions === false ? { metrics: () => '' } : metricsOptions.registry,
    captureError: (error, context = {}) => tracker.capture(error, { source: 'application', ...context }),
    flush: async (timeout = 2000) => flushAll(tracker, timeout),
    metrics: async (format = 'text') => (setup === undefined ? '' : setup.exposition.render(format)),
    headers: (request) => Object.fromEntries(ids.outgoing(ids.of(request.raw, request.id))),
    context: () => context?.getStore(),
    management
  }
  fastify.decorate('observability', observability)
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
  if (setup !== undefined) provide(fastify, meterPort, setup.metrics)
}

// Fastify's stand-in for a logger does nothing, with one function for all levels.
const hasLogger = ({ log }: FastifyInstance): boolean => log.info !== log.error

function bindIds(
  fastify: FastifyInstance,
  options: ResolvedOptions,
  given: ObservabilityOptions,
  side: ServerSide | undefined
): IdSource {
  if (side !== undefined && given.correlation === undefined) return side.ids
  const ids = new IdSource(options.correlation)
  const { keys } = schemas[options.logging === false ? 'default' : options.logging.schema]
  fastify.setGenReqId(ids.genReqId)
  if (side === undefined) {
    fastify.setChildLoggerFactory(childLoggerFactory(ids, keys))
    fastify.log.warn(
      'observability: the app was built without observabilityServerOptions(), so Fastify writes two lines of its own ' +
        'per request, requests refused early stay unseen and errors are logged whole: ' +
        'Fastify({ ...observabilityServerOptions() })'
    )
  }
  return ids
}

/** The tracker, and what a client that captures by itself wants to know. */
async function trackerOf(
  { log }: FastifyInstance,
  { errorTracking }: ResolvedOptions
): Promise<{ tracker: ErrorTracker; outcomes?: Outcomes }> {
  if (errorTracking === false) return { tracker: new ErrorTracker(log, undefined) }
  const { sentry, sink, flush } = errorTracking
  if (sentry === undefined) return { tracker: new ErrorTracker(log, sink, flush) }
  const client = await sentryClient(sentry)
  return { tracker: new ErrorTracker(log, client.sink, client.flush), outcomes: client.outcomes }
}

function serveMetrics(
  fastify: FastifyInstance,
  options: Exclude<ResolvedOptions['metrics'], false>,
  { metrics, exposition }: MetricsSetup,
  connections: Connections,
  management: ManagementServer | undefined
): void {
  const around = { scrapes: 0 }
  // On the management listener a scrape is not one of the app's requests.
  connectionGauges(metrics, connections, () => (management === undefined ? around.scrapes : 0))
  defaultMetrics(options)
  const group =
    options.workers === undefined ? undefined : new WorkerGroup(exposition, fastify.log, options.workers)
  const source = group ?? exposition
  const taken = management === undefined && fastify.hasRoute({ method: 'GET', url: options.path })
  if (taken)
    fastify.log.warn(
      `observability: the app has its own ${options.path}, which stays: no metrics route was added`
    )
  else if (management === undefined) fastify.route(metricsRoute(options.path, source, options.guard, around))
  else management.route(metricsRoute(options.path, source, undefined, around))

  let detach = () => {}
  fastify.addHook('onReady', async () => {
    detach = exposition.attach()
    await group?.start()
  })
  fastify.addHook('onClose', async () => {
    await group?.close()
    detach()
  })
}

function serveManagement(
  fastify: FastifyInstance,
  management: ManagementServer,
  connections: Connections
): void {
  provide(fastify, managementPort, management)
  const level = new LogLevel(fastify.log)
  if (hasLogger(fastify)) logLevelRoutes(management, level, fastify.log)
  statusPage(management)
  management.section('process', () => ({
    uptimeSeconds: Math.round(process.uptime()),
    node: process.version,
    memoryBytes: process.memoryUsage.rss(),
    pid: process.pid
  }))
  management.section('requests', () => ({ inFlight: connections.inFlight, connections: connections.active }))
  management.section('log level', () => level.state)

  fastify.addHook('onReady', async () => {
    await management.listen()
    fastify.log.info({ port: management.port }, 'observability: management listens')
  })
  fastify.addHook('onClose', async () => {
    level.reset()
    await management.close()
  })
}

/** Logs, ids, metrics, traces and error tracking for Fastify: one line a request, one record a route. */
export const observability: FastifyPluginAsync<ObservabilityOptions> = fp(plugin, {
  name: '@seaworthy/observability',
  fastify: '5.x'
})
