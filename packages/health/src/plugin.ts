import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import {
  lifecyclePort,
  managementPort,
  meterPort,
  provide,
  readinessPort,
  reporterPort,
  tracerPort,
  whenProvided,
  type Overridable
} from '@seaworthy/contract'
import { assertDecoratorsAreFree } from '@seaworthy/internal'
import { CheckRegistry } from './checks/check-registry.ts'
import { HealthEventLog } from './events/health-event-log.ts'
import { bindMeter } from './metrics.ts'
import { healthApi, type Health } from './operators/health-api.ts'
import { addManagementRoutes } from './operators/management-routes.ts'
import { resolveOptions, type HealthOptions } from './options.ts'
import { probeHandlers } from './probes/probe-handlers.ts'
import { addProbeRoutes } from './probes/probe-routes.ts'
import { HealthState } from './readiness/health-state.ts'
import { Liveness } from './readiness/liveness.ts'
import { ReadinessGates } from './readiness/readiness-gates.ts'
import { StartupTasks } from './readiness/startup-tasks.ts'

interface HealthDecorators {
  /** Checks, start-up, maintenance: what the probes report. */
  health: Overridable<this, Health>
}

declare module 'fastify' {
  interface FastifyInstance extends HealthDecorators {}
}

const plugin: FastifyPluginAsync<HealthOptions> = async (fastify, pluginOptions) => {
  const options = resolveOptions(pluginOptions)
  assertDecoratorsAreFree(fastify, 'health', { app: ['health'] })
  const events = new HealthEventLog(fastify.log)
  const gates = new ReadinessGates(fastify.log)
  const registry = new CheckRegistry(options, events)
  const liveness = new Liveness(fastify.log, options.broken)
  liveness.onBroken = (reason) => events.onBroken(reason)
  gates.isBroken = () => liveness.broken !== undefined
  const state = new HealthState(registry, gates, events, liveness)
  const api = healthApi(state, new StartupTasks(fastify, state, options.startupTimeout))
  fastify.decorate('health', api)
  provide(fastify, readinessPort, { addCheck: api.addCheck, hold: api.hold })

  for (const [name, entry] of Object.entries(options.checks)) {
    const { check, ...checkOptions } = typeof entry === 'function' ? { check: entry } : (entry ?? {})
    api.addCheck(name, check, checkOptions)
  }
  for (const [name, entry] of Object.entries(options.startupTasks)) {
    const { task, ...taskOptions } = typeof entry === 'object' && entry !== null ? entry : { task: entry }
    api.startupTask(name, task, taskOptions)
  }

  const handlers = probeHandlers(state, options)
  await addProbeRoutes(fastify, options.prefix, handlers)

  let closing = false
  gates.isDraining = () => closing
  whenProvided(fastify, lifecyclePort, (lifecycle) => {
    gates.isDraining = () => closing || lifecycle.state !== 'running'
  })
  whenProvided(fastify, meterPort, (meter) => bindMeter(meter, state))
  whenProvided(fastify, reporterPort, (reporter) => {
    events.reporter = reporter
  })
  whenProvided(fastify, tracerPort, (tracer) => {
    events.tracer = tracer
  })
  whenProvided(fastify, managementPort, (management) =>
    addManagementRoutes(management, options.prefix, api, handlers, () => registry.runAll())
  )

  fastify.addHook('onReady', (done) => {
    registry.start()
    done()
  })
  fastify.addHook('onListen', (done) => {
    gates.markLoaded()
    // Logs failures at start, before the first probe arrives.
    void registry.refresh()
    done()
  })
  fastify.addHook('preClose', (done) => {
    closing = true
    done()
  })
  fastify.addHook('onClose', (_instance, done) => {
    registry.stop()
    done()
  })
}

/**
 * Liveness, readiness and startup probes that no hook, limit or stalled dependency can fail.
 *
 * @example
 * await app.register(health, { checks: { database: async () => true } })
 * console.log((await app.inject('/health/ready')).json())
 */
export const health: FastifyPluginAsync<HealthOptions> = fp(plugin, {
  name: '@seaworthy/health',
  fastify: '^5.3.0'
})
