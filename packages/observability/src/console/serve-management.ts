import type { FastifyInstance } from 'fastify'
import { managementPort, provide } from '@seaworthy/contract'
import { hasLogger } from '@seaworthy/internal'
import { serveConsole, type ConsoleParts } from './serve.ts'
import { LogLevel, logLevelRoutes } from '../management/log-level.ts'
import { logSamplingRoutes, type Sampled } from '../management/log-sampling.ts'

/** The parts that the operators' listener shows. */
export interface ManagementParts extends ConsoleParts {
  /** The name under which workers share their metrics, if they do. */
  workers: string | undefined
  /** The lines of requests, if they are logged. */
  lines: Sampled | undefined
}

/** Adds the routes and sections of this package to the operators' listener, and starts and closes it with the app. */
export function serveManagement(fastify: FastifyInstance, parts: ManagementParts): void {
  const { management, connections, lines } = parts
  provide(fastify, managementPort, management)
  const level = new LogLevel(fastify.log)
  if (hasLogger(fastify)) logLevelRoutes(management, level, fastify.log)
  const resetSampling = lines && logSamplingRoutes(management, lines)
  management.route({ method: 'GET', url: '/status', handler: async () => management.snapshots() })
  management.section('process', () => ({
    uptimeSeconds: Math.round(process.uptime()),
    node: process.version,
    memoryBytes: process.memoryUsage.rss(),
    pid: process.pid
  }))
  management.section('requests', () => ({ inFlight: connections.inFlight, connections: connections.active }))
  management.section('log level', () => level.state)
  const page = serveConsole(fastify, parts)

  fastify.addHook('onReady', async () => {
    await page.start()
    await management.listen()
    // This hook is one of several that add routes. If another one fails, the app closes and so does the listener.
    fastify.ready().then(
      async () => {
        management.loaded()
        await page.loaded()
      },
      () => undefined
    )
    fastify.log.info({ port: management.port }, 'observability: the management listener is open')
  })
  fastify.addHook('onClose', async () => {
    level.setting.reset()
    resetSampling?.()
    await Promise.all([management.close(), page.stop()])
  })
}
