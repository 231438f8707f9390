import type { FastifyInstance } from 'fastify'
import { managementPort, provide } from '@seaworthy/contract'
import { hasLogger } from '@seaworthy/internal'
import type { ManagementServer } from './listener.ts'
import { LogLevel, logLevelRoutes } from './log-level.ts'
import { workerRelay } from './worker-relay.ts'
import { statusPage } from './status-page.ts'

/** Adds the routes and sections of this package to the operators' listener, and starts and closes it with the app. */
export function serveManagement(
  fastify: FastifyInstance,
  management: ManagementServer,
  sections: Record<string, () => unknown>,
  workers: string | undefined
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
  for (const [name, snapshot] of Object.entries(sections)) management.section(name, snapshot)
  management.section('log level', () => level.state)

  const relay = workerRelay(fastify.log, management, workers)
  fastify.addHook('onReady', async () => {
    await relay?.listen()
    await management.listen()
    // This hook is one of several that add routes. If another one fails, the app closes and so does the listener.
    fastify.ready().then(
      () => management.loaded(),
      () => undefined
    )
    fastify.log.info({ port: management.port }, 'observability: the management listener is open')
  })
  fastify.addHook('onClose', async () => {
    level.reset()
    await Promise.all([management.close(), relay?.close()])
  })
}
