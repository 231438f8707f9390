import { lifecyclePort, provide, reporterPort, whenProvided } from '@seaworthy/contract'
import { assertDecoratorsAreFree } from '@seaworthy/internal'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { createApi } from './api.ts'
import { AppShutdown } from './app-shutdown.ts'
import { BackgroundWork } from './background/background-work.ts'
import { addWaitUntil } from './background/wait-until.ts'
import { WorkMetrics } from './background/work-metrics.ts'
import { WorkPhase } from './background/work-phase.ts'
import { Resources } from './closing/resources.ts'
import { Connections } from './connections/connections.ts'
import { InFlight } from './connections/in-flight.ts'
import { serversOf } from './internals.ts'
import type { ShutdownOptions } from './options.ts'
import { resolveOptions } from './resolve-options.ts'
import type { SequenceParts } from './sequence-parts.ts'
import { ShutdownSequence } from './sequence.ts'

const plugin: FastifyPluginAsync<ShutdownOptions> = async (fastify, options) => {
  assertDecoratorsAreFree(fastify, 'shutdown', { app: ['shutdown'] })
  const work = new BackgroundWork(fastify.log, new WorkMetrics(fastify))
  const consumers = new Resources(fastify.log, 'the consumers have stopped')
  const parts: SequenceParts = {
    fastify,
    options: resolveOptions(options),
    connections: new Connections(),
    inFlight: new InFlight(),
    resources: new Resources(fastify.log),
    flushes: new Resources(fastify.log),
    background: new WorkPhase(consumers, work)
  }
  const sequence = new ShutdownSequence(parts)
  const app = new AppShutdown(fastify, parts.options, sequence)
  const api = createApi(app, sequence, parts)
  fastify.decorate('shutdown', api)
  addWaitUntil(fastify, work)
  provide(fastify, lifecyclePort, api)
  whenProvided(fastify, reporterPort, (reporter) => {
    const { flushTimeout } = parts.options
    work.reporter = reporter
    parts.flushes.add('reporter', () => reporter.flush(flushTimeout), undefined)
  })
  addHooks(parts, sequence, app)
}

function addHooks(
  { fastify, connections, inFlight }: SequenceParts,
  sequence: ShutdownSequence,
  app: AppShutdown
) {
  connections.watch(fastify.server)

  fastify.addHook('onRequest', (request, reply, done) => {
    inFlight.add(request, reply)
    // Requests that were pipelined behind this one are read first: only the last may close the connection.
    if (sequence.state === 'running') done()
    else connections.admit(done)
  })
  fastify.addHook('onReady', (done) => {
    sequence.onReady()
    done()
  })
  fastify.addHook('onListen', (done) => {
    for (const server of serversOf(fastify)) connections.watch(server)
    app.onListen()
    done()
  })
  fastify.addHook('preClose', async () => {
    // Fastify gives up on a hook after `pluginTimeout`.
    const { pluginTimeout = 10_000 } = fastify.initialConfig
    await sequence.handleExternalClose(pluginTimeout > 0 ? pluginTimeout * 0.9 : Infinity)
  })
  fastify.addHook('onClose', async () => {
    await sequence.onClose()
    app.onClosed()
  })
}

/**
 * Graceful shutdown for Fastify: a drain that loses no request.
 *
 * @example
 * const app = Fastify({ ...shutdownServerOptions() })
 * await app.register(shutdown)
 * app.shutdown.onShutdown('database', async () => undefined) // await pool.end()
 */
export const shutdown: FastifyPluginAsync<ShutdownOptions> = fp(plugin, {
  name: '@seaworthy/shutdown',
  // It needs 5.11.1, and that release of Fastify reports itself as 5.11.0.
  fastify: '^5.11.0'
})
