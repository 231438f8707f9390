import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import {
  lifecyclePort,
  managementPort,
  meterPort,
  provide,
  readinessPort,
  reporterPort,
  whenProvided,
  type Overridable
} from '@seaworthy/contract'
import { Journal } from './events.ts'
import { Gates } from './gates.ts'
import { healthApi, type Health } from './api.ts'
import { bindMeter } from './metrics.ts'
import { addDetail } from './detail.ts'
import { resolveOptions, type HealthOptions } from './options.ts'
import { addProbes, probeHandlers } from './probes.ts'
import { HealthState } from './state.ts'

interface HealthDecorators {
  /** Checks, start-up, maintenance: what the probes answer. */
  health: Overridable<this, Health>
}

declare module 'fastify' {
  interface FastifyInstance extends HealthDecorators {}
}

const plugin: FastifyPluginAsync<HealthOptions> = async (fastify, given) => {
  const options = resolveOptions(given)
  const journal = new Journal(fastify.log)
  const gates = new Gates((message, details) => fastify.log.warn(details, message))
  const state = new HealthState(options, gates, journal)
  const api = healthApi(fastify, state, journal)
  fastify.decorate('health', api)
  provide(fastify, readinessPort, {
    addCheck: (name, check, options) => api.addCheck(name, check, options),
    hold: (name) => api.hold(name)
  })

  for (const [name, entry] of Object.entries(options.checks)) {
    if (typeof entry === 'function') api.addCheck(name, entry)
    else {
      const { check, ...rest } = entry ?? {}
      api.addCheck(name, check, rest)
    }
  }
  for (const [name, task] of Object.entries(options.startupTasks)) api.startupTask(name, task)

  const handlers = probeHandlers(state, options)
  await addProbes(fastify, options.prefix, handlers)

  let closing = false
  gates.draining = () => closing
  whenProvided(fastify, lifecyclePort, (lifecycle) => {
    gates.draining = () => closing || lifecycle.state !== 'running'
  })
  whenProvided(fastify, meterPort, (meter) => bindMeter(meter, state, journal))
  whenProvided(fastify, reporterPort, (reporter) => {
    journal.reporter = reporter
  })
  whenProvided(fastify, managementPort, (management) => addDetail(management, options.prefix, api, handlers))

  fastify.addHook('onReady', (done) => {
    state.start()
    done()
  })
  fastify.addHook('onListen', (done) => {
    gates.serves()
    // What is wrong from the start is said at the start, not at the first probe.
    void state.refresh()
    done()
  })
  fastify.addHook('preClose', (done) => {
    closing = true
    done()
  })
  fastify.addHook('onClose', (_instance, done) => {
    state.stop()
    done()
  })
}

/** Liveness, readiness and startup probes that no hook, limit or stalled dependency can fail. */
export const health: FastifyPluginAsync<HealthOptions> = fp(plugin, {
  name: '@seaworthy/health',
  fastify: '^5.3.0'
})
