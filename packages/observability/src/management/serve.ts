import type { FastifyInstance } from 'fastify'
import { managementPort, provide } from '@seaworthy/contract'
import { hasLogger } from '@seaworthy/internal'
import type { ManagementServer } from './listener.ts'
import { LogLevel, logLevelRoutes } from './log-level.ts'
import { statusPage } from './status-page.ts'

/** Adds the routes and sections of this package to the operators' listener, and starts and closes it with the app. */
export function serveManagement(
  fastify: FastifyInstance,
  management: ManagementServer,
  sections: Record<string, () => unknown>
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

  fastify.addHook('onReady', async () => {
    await management.listen()
    fastify.log.info({ port: management.port }, 'observability: the management listener is open')
  })
  fastify.addHook('onClose', async () => {
    level.reset()
    await management.close()
  })
}
