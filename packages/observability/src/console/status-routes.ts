import type { FastifyRequest } from 'fastify'
import type { ManagementServer } from '../management/listener.ts'
import type { StatusEvents } from './events.ts'
import type { Details, LiveStatus, Status } from './types.ts'

interface StatusParts {
  read(scope: 'all' | number): Promise<LiveStatus>
  details(): Details
  events: StatusEvents
  build: Details['build']
}

const querystring = {
  type: 'object',
  properties: { worker: { type: 'integer', minimum: 1 } }
}

const scopeOf = ({ query }: FastifyRequest): 'all' | number => (query as { worker?: number }).worker ?? 'all'

/** `/status.json`: what the page shows. `/events`: its changing part, every two seconds. `/info`: name and versions. */
export function statusRoutes(
  management: ManagementServer,
  { read, details, events, build }: StatusParts
): void {
  const schema = { querystring }
  management.route({
    method: 'GET',
    url: '/status.json',
    schema,
    handler: async (request): Promise<Status> => ({ ...(await read(scopeOf(request))), details: details() })
  })
  management.route({
    method: 'GET',
    url: '/events',
    exposeHeadRoute: false,
    schema,
    handler(request, reply) {
      if (events.isFull) {
        const message = 'Enough pages are open; ask for /status.json instead'
        return reply.code(503).send({ statusCode: 503, error: 'Service Unavailable', message })
      }
      reply.hijack()
      events.add(reply.raw, scopeOf(request), reply.getHeaders())
      return reply
    }
  })
  management.route({
    method: 'GET',
    url: '/info',
    handler: async () => ({
      ...build,
      pid: process.pid,
      startedAt: new Date(Date.now() - process.uptime() * 1000).toISOString()
    })
  })
}
