import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { Registry } from 'prom-client'
import { meterPort, propagatorPort, provide, reporterPort } from '@seaworthy/contract'
import { hasLogger } from '@seaworthy/internal'
import type { Observability } from './api.ts'
import { agentProblem } from './apm/load-order.ts'
import { brokenOff, Connections } from './http/connections.ts'
import { flushAll, watchCrashes } from './tracking/process-exit.ts'
import { RequestLines } from './logging/request-line.ts'
import { ManagementServer } from './management/listener.ts'
import { serveManagement } from './management/serve.ts'
import { serveMetrics } from './scrape/serve.ts'
import { setUpMetrics } from './metrics/setup.ts'
import { resolveOptions, type ObservabilityOptions } from './options.ts'
import { watchOutgoing } from './http/outgoing-requests.ts'
import { hooklessRefusals, watchRefusals } from './http/early-rejections.ts'
import { requestEnd } from './http/request-end.ts'
import { Routes } from './http/routes.ts'
import { serverSideOf } from './server-options.ts'
import { bindIds } from './http/install-ids.ts'
import { requestContext } from './tracing/request-context.ts'
import { setUpTracking } from './tracking/tracker.ts'

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
  const tracking = await setUpTracking(fastify.log, errorTracking)
  const { tracker } = tracking
  const { failed, streamFailed, end } = requestEnd(fastify, {
    routes,
    ids,
    setup,
    lines,
    tracking,
    errorTracking
  })
  const connections = new Connections((reply) => end(reply.request, reply, true))

  const { header } = ids.options
  fastify.addHook('onRoute', (route) => routes.bind(route))
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.header(header, request.id)
    connections.open(reply)
    done()
  })
  fastify.addHook('onError', (request, _reply, error, done) => {
    failed(request, error)
    done()
  })
  fastify.addHook('onResponse', (request, reply, done) => {
    if (connections.close(reply)) end(request, reply, brokenOff(reply))
    done()
  })

  connections.watch(fastify.server, fastify.initialConfig.http2 === true)
  watchRefusals(fastify, connections, ids, lines, setup?.refused)
  side?.controller.listen({
    ...hooklessRefusals(ids, lines, setup?.refused),
    streamFailed: (error, request) => streamFailed(request, error)
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
    registry: metricsOptions === false ? new Registry() : (metricsOptions.registry as Registry),
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

/** Logs, ids, metrics, traces and error tracking for Fastify: one line a request, one record a route. */
export const observability: FastifyPluginAsync<ObservabilityOptions> = fp(plugin, {
  name: '@seaworthy/observability',
  fastify: '^5.10.0'
})
