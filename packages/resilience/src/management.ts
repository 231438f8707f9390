import type { Management, Readiness } from '@seaworthy/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Guard } from './breaker/pipeline.ts'
import type { Registry } from './registry.ts'
import type { Shedder } from './shedding/shedder.ts'

/** Breakers on the operators' listener: seen, isolated and released. */
export function manage(management: Management, registry: Registry, shedder: Shedder | undefined): void {
  const snapshot = (): object => ({
    breakers: registry.list(),
    ...(shedder && { shedding: shedder.snapshot() })
  })
  management.section('breakers', snapshot)
  management.route({ method: 'GET', url: '/breakers', handler: () => snapshot() })
  for (const action of ['isolate', 'release'] as const) {
    management.route({
      method: 'POST',
      url: `/breakers/:name/${action}`,
      handler: (request: FastifyRequest, reply: FastifyReply) => {
        const { name } = request.params as { name: string }
        const breaker = registry.get(name)
        if (!breaker)
          return reply.code(404).send({ statusCode: 404, error: 'Not Found', message: 'No such breaker' })
        // Isolating twice from outside is one isolation: the one release ends it.
        breaker.release()
        if (action === 'isolate') breaker.isolate()
        return reply.send(breaker.snapshot())
      }
    })
  }
}

/** A readiness check for a breaker that asked for one. It reads the state; it calls nothing. */
export function checkReadiness(readiness: Readiness, guard: Guard<unknown[], unknown>): void {
  const { health } = guard.policy
  if (!health) return
  const passes = (): boolean => guard.state === 'closed' || guard.state === 'half-open'
  readiness.addCheck(`breaker:${guard.name}`, passes, health)
}
