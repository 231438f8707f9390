import type { FastifyInstance } from 'fastify'
import { managementPort, provide } from '@seaworthy/contract'
import { hasLogger } from '@seaworthy/internal'
import type { Connections } from '../http/connections.ts'
import type { ManagementServer } from './listener.ts'
import { LogLevel, logLevelRoutes } from './log-level.ts'
import { statusPage } from './status-page.ts'

/** What operators find on their listener, and when it listens. */
export function serveManagement(
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
