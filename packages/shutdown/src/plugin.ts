import { lifecyclePort, provide, provided, reporterPort, whenProvided } from '@seaworthy/contract'
import { optionChecks } from '@seaworthy/internal'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { Connections, serversOf } from './connections/connections.ts'
import { flushLog } from './process/flush-log.ts'
import { InFlight } from './connections/in-flight.ts'
import { resolveOptions, type ShutdownOptions } from './options.ts'
import { processEnd, type EndingApp } from './process/process-lifecycle.ts'
import { Resources } from './closing/resources.ts'
import { Sequence } from './sequence.ts'
import { say } from './misconfiguration.ts'
import { managerChannel } from './supervisors/pm2.ts'
import { systemdNotifier } from './supervisors/systemd.ts'
import type { Shutdown } from './types.ts'

const check = optionChecks('shutdown')

const plugin: FastifyPluginAsync<ShutdownOptions> = async (fastify, given) => {
  const options = resolveOptions(given)
  const connections = new Connections()
  const inFlight = new InFlight()
  const resources = new Resources(fastify.log)
  const flushes = new Resources(fastify.log)
  const sequence = new Sequence({ fastify, options, connections, inFlight, resources, flushes })
  const supervisors = processEnd()
  let ending: Promise<number> | undefined
  let failed = false
  let listening = false

  const begin = (reason: string, fatal?: number): Promise<number> => {
    ending ??= end(reason, fatal)
    return ending
  }
  const end = async (reason: string, fatal?: number): Promise<number> => {
    const start = performance.now()
    systemd?.stopping(sequence.budget)
    // Whatever goes wrong on the way, the process ends. The timer itself keeps nothing alive.
    const last = setTimeout(() => app.exit(1), sequence.budget + 1000).unref()
    const clean = await sequence.run(reason, fatal).catch((error: unknown) => {
      fastify.log.error({ err: error }, 'shutdown: failed')
      return false
    })
    clearTimeout(last)
    const code = clean && !failed ? 0 : 1
    fastify.log.info({ reason, code, duration: Math.round(performance.now() - start) }, 'shutdown: done')
    await flushLog(fastify.log, options.flushTimeout)
    leave()
    supervisors.ended(app, code)
    return code
  }

  const app: EndingApp = {
    signals: options.signals,
    get alive() {
      return listening || ending !== undefined
    },
    signal: (name) => void begin(name),
    fatal(error, origin) {
      failed = true
      fastify.log.fatal({ err: error, origin }, `shutdown: ${origin}`)
      provided(fastify, reporterPort)?.report(error, { source: origin })
      void begin(origin, options.fatal ?? 0)
    },
    exit: (code) => {
      if (options.exit !== false) options.exit(code)
    }
  }
  const manager = managerChannel(options.pm2, () => void begin('shutdown message'))
  const systemd = systemdNotifier(options.systemd, fastify.log)
  const leave = () => {
    listening = false
    manager?.close()
    systemd?.close()
  }

  const add =
    (to: Resources) =>
    (name: string, fn: () => unknown, own: { timeout?: number } = {}) => {
      check.string('name', name)
      check.fn(name, fn)
      const limits = { min: 1, max: 3_600_000, unit: 'milliseconds' }
      const timeout =
        own.timeout === undefined ? undefined : check.integer(`${name}.timeout`, own.timeout, limits)
      to.add(name, fn, timeout)
    }
  const api: Shutdown = {
    get state() {
      return sequence.state
    },
    get budget() {
      return sequence.budget
    },
    onDrain(fn) {
      check.fn('onDrain', fn)
      sequence.onDrain(fn)
    },
    onShutdown: add(resources),
    onFlush: add(flushes),
    begin: (reason = 'begin') => begin(reason)
  }
  fastify.decorate('shutdown', api)
  provide(fastify, lifecyclePort, api)

  fastify.addHook('onRequest', (request, reply, done) => {
    inFlight.add(request, reply)
    // Requests that were pipelined behind this one are read first: only the last may end the connection.
    if (sequence.state === 'running') done()
    else setImmediate(done)
  })
  whenProvided(fastify, reporterPort, (reporter) => {
    flushes.add('reporter', () => reporter.flush(options.flushTimeout), undefined)
  })
  connections.watch(fastify.server)
  supervisors.add(app)

  fastify.addHook('onListen', (done) => {
    listening = true
    for (const server of serversOf(fastify)) connections.watch(server)
    if (options.fatal !== undefined) supervisors.watchFatal(app)
    say(fastify, options, sequence.budget)
    manager?.ready()
    systemd?.ready()
    done()
  })
  fastify.addHook('preClose', async () => {
    // Fastify gives up on a hook after `pluginTimeout`.
    const { pluginTimeout = 10_000 } = fastify.initialConfig
    await sequence.closedByOthers(pluginTimeout > 0 ? pluginTimeout * 0.9 : Infinity)
  })
  fastify.addHook('onClose', async () => {
    await sequence.release()
    if (ending) return
    leave()
    supervisors.remove(app)
  })
}

/** Graceful shutdown for Fastify: a drain that loses no request. */
export const shutdown: FastifyPluginAsync<ShutdownOptions> = fp(plugin, {
  name: '@seaworthy/shutdown',
  // 5.11.1 is what it needs, and that release of Fastify reports itself as 5.11.0.
  fastify: '^5.11.0'
})
