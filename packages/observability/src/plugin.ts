import type { AsyncLocalStorage } from 'node:async_hooks'
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Registry } from 'prom-client'
import { assertDecoratorsAreFree, hasLogger } from '@seaworthy/internal'
import type { Observability } from './api.ts'
import { agentProblem } from './apm/load-order.ts'
import { serverOptionsOf } from './http/applied-server-options.ts'
import { rejectionsOutsideHooks, watchEarlyRejections } from './http/early-rejections.ts'
import { installDetails } from './http/install-details.ts'
import { installIds } from './http/install-ids.ts'
import { watchOutgoingRequests, type OutgoingRequestParts } from './http/outgoing-requests.ts'
import { requestEnd } from './http/request-end.ts'
import { addRequestHooks } from './http/request-hooks.ts'
import { Routes } from './http/routes.ts'
import { internalsProblems, registryProblem, sentryIsUsed, spanMaker } from './internals/index.ts'
import { Jobs } from './jobs/observe.ts'
import { errSerializer } from './logging/bounded-json.ts'
import { loggingDefaults } from './logging/options.ts'
import { resolveOtlpLogs } from './logging/otlp-options.ts'
import { prepareLog } from './logging/prepare-log.ts'
import { RequestLines } from './logging/request-line.ts'
import { schemas } from './logging/schemas.ts'
import { RecentRequests } from './http/recent-requests.ts'
import { buildOf } from './metrics/build-info.ts'
import { latencyRules } from './metrics/latency-rules.ts'
import { registrySource, type RegistrySource } from './metrics/registry-source.ts'
import { setUpMetrics } from './metrics/setup.ts'
import { resolveOptions, type ObservabilityOptions } from './options.ts'
import { instanceId } from './otlp/instance-id.ts'
import { resourceOf } from './otlp/resource.ts'
import { providePorts } from './ports.ts'
import { ServerSpans } from './spans/server-spans.ts'
import { serveMetrics } from './scrape/serve.ts'
import { requestContext } from './tracing/request-context.ts'
import type { IdSource } from './tracing/request-ids.ts'
import { defaultFlushTimeout, flushAll, handleProcessExit } from './tracking/process-exit.ts'
import { setUpTracking } from './tracking/tracker.ts'

const plugin: FastifyPluginAsync<ObservabilityOptions> = async (fastify, pluginOptions) => {
  const serverOptions = serverOptionsOf(fastify)
  const options = resolveOptions(pluginOptions)
  assertDecoratorsAreFree(fastify, 'observability', { app: ['observability'] })
  const { metrics: metricsOptions, errorTracking, management: managementOptions } = options
  const logging =
    pluginOptions.logging === undefined && serverOptions !== undefined
      ? (serverOptions.logging ?? false)
      : options.logging

  if (options.logging !== false && options.logging.buffer && serverOptions?.logging?.buffer === undefined) {
    fastify.log.warn(
      'observability: logging.buffer has no effect in the plugin; each line is written at once; set it in observabilityServerOptions()'
    )
  }
  if (hasLogger(fastify)) prepareLog(fastify.log)
  // Before our own tracker, which is an SDK too.
  const spans = options.spans && !sentryIsUsed() ? spanMaker('@seaworthy/observability') : undefined
  const schema = logging === false ? loggingDefaults.schema : logging.schema
  const details = installDetails(fastify, logging, serverOptions)
  const ids =
    serverOptions !== undefined && pluginOptions.correlation === undefined
      ? serverOptions.ids
      : installIds(fastify, {
          correlation: options.correlation,
          schema,
          hasServerOptions: serverOptions !== undefined,
          details
        })
  const setup = metricsOptions === false ? undefined : setUpMetrics(metricsOptions, fastify)
  const pushedLogs = logging === false ? resolveOtlpLogs(undefined) : logging.otlp
  const isPushed = pushedLogs !== undefined || (metricsOptions !== false && metricsOptions.otlp !== undefined)
  const { workers, buildInfo = {} } = metricsOptions === false ? {} : metricsOptions
  const resource = isPushed ? resourceOf(buildOf(buildInfo), instanceId(fastify)) : {}
  const lineParts = { schema, resource, meter: setup?.metrics }
  const flushLines =
    pushedLogs && (await import('./logging/push-lines.ts')).pushLines(fastify, pushedLogs, lineParts)
  const lines =
    logging === false || !hasLogger(fastify) ? undefined : new RequestLines(logging, fastify.log, details)
  const routes = new Routes(setup?.http, logging === false ? undefined : logging)
  const untracked =
    errorTracking === false
      ? undefined
      : setup?.metrics.counter({
          name: 'errors_untracked_total',
          help: 'Errors that were not sent to the tracker, because their like was sent often enough in that minute'
        })
  const tracking = await setUpTracking(fastify.log, errorTracking, () => untracked?.with().inc())
  const { tracker } = tracking
  const flush = async (timeout: number = defaultFlushTimeout) => {
    await Promise.all([flushAll(tracker, timeout), flushLines?.(timeout)])
  }

  const recent = managementOptions && managementOptions.recentRequests ? new RecentRequests() : undefined
  const serverSpans = spans && new ServerSpans(fastify, spans, ids)
  const parts = { routes, ids, setup, lines, tracking, errorTracking, recent, details, serverSpans }
  const requests = requestEnd(fastify, parts)
  const connections = addRequestHooks(fastify, { routes, ids, requests, serverSpans })
  watchEarlyRejections(fastify, connections, ids, lines, setup?.countRejection)
  serverOptions?.controller.listen({
    ...rejectionsOutsideHooks(ids, lines, setup?.countRejection),
    streamFailed: (error, request) => requests.streamFailed(request, error)
  })

  const management =
    managementOptions === false
      ? undefined
      : new (await import('./management/listener.ts')).ManagementServer(managementOptions, fastify.log)
  if (setup !== undefined && metricsOptions !== false) {
    await serveMetrics(fastify, metricsOptions, setup, connections, management, resource)
    fastify.addHook('onReady', (done) => {
      setup.http.addObjectives(routes.objectives)
      done()
    })
  }
  if (management !== undefined) {
    connections.kept = new Set()
    const { serveManagement } = await import('./console/serve-management.ts')
    serveManagement(fastify, { management, connections, setup, recent, routes, workers, buildInfo, lines })
  }

  const storage = ids.options.context || options.blockedLoop !== false ? requestContext(fastify) : undefined
  const context = ids.options.context ? storage : undefined
  const jobs = new Jobs(fastify, {
    ids,
    schema,
    meter: setup?.metrics,
    tracker,
    requestIds: idsIn(context, ids)
  })
  const currentIds = context && (() => jobs.currentIds())
  const timesOutgoing = metricsOptions !== false && metricsOptions.outgoing
  const meter = timesOutgoing ? setup!.metrics : undefined
  const semanticConventions = metricsOptions !== false && metricsOptions.semanticConventions
  watchUntilClose(fastify, { log: fastify.log, ids, currentIds, meter, semanticConventions, spans })
  if (options.blockedLoop !== false) {
    const { keys } = schemas[schema]
    const currentRequest = () => storage!.getStore()
    const { watchLoop } = await import('./blocked-loop/watch-loop.ts')
    watchLoop(fastify, options.blockedLoop, { ids, keys, meter: setup?.metrics, currentRequest })
  }
  handleProcessExit(fastify, tracker, flush)
  logProblems(fastify, isPushed, metricsOptions === false ? undefined : metricsOptions.registry)

  const registry = metricsOptions === false ? registrySource(undefined) : metricsOptions.registry
  fastify.decorate<Observability>('observability', {
    get registry() {
      return registry.get() as Registry
    },
    captureError: (error, context = {}) => tracker.capture(error, { source: 'application', ...context }),
    flush,
    metrics: async (format = 'text') => (setup === undefined ? '' : setup.exposition.render(format)),
    latencyRules: (rulesOptions) =>
      latencyRules(
        routes.withObjective,
        metricsOptions === false ? 'seconds' : metricsOptions.unit,
        rulesOptions
      ),
    headers: (request) => Object.fromEntries(ids.outgoing(ids.of(request.raw, request.id))),
    context: () => context?.getStore(),
    observe: async (name, fn, jobOptions) => jobs.observe(name, fn, jobOptions),
    management
  })
  providePorts(fastify, { tracker, flush, ids, meter: setup?.metrics, spans })
}

const idsIn = (context: AsyncLocalStorage<FastifyRequest> | undefined, ids: IdSource) =>
  context &&
  (() => {
    const request = context.getStore()
    return request && ids.of(request.raw, request.id)
  })

function watchUntilClose(fastify: FastifyInstance, parts: OutgoingRequestParts): void {
  const stop = watchOutgoingRequests(parts)
  fastify.addHook('onClose', (_, done) => {
    stop()
    done()
  })
}

/** Logs one line for each part that works with less than it could. */
function logProblems(fastify: FastifyInstance, isPushed: boolean, registry?: RegistrySource): void {
  const log = (problem: string | undefined) => problem !== undefined && fastify.log.warn(problem)
  for (const problem of internalsProblems(fastify, errSerializer)) log(problem)
  log(agentProblem(isPushed))
  registry?.whenMade((made) => log(registryProblem(made)))
}

/**
 * Logs, ids, metrics, traces and error tracking for Fastify: one line a request, one record a route.
 *
 * @example
 * const app = Fastify({ ...observabilityServerOptions() })
 * await app.register(observability)
 */
export const observability: FastifyPluginAsync<ObservabilityOptions> = fp(plugin, {
  name: '@seaworthy/observability',
  fastify: '^5.10.0'
})
