import { setsState, type Management, type Readiness } from '@seaworthy/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { RegisteredBreaker } from './breaker/registered-breaker.ts'
import type { Registry } from './registry.ts'
import type { Shedder } from './shedding/shedder.ts'

/** Shows breakers on the operators' listener, with routes to isolate and release them. */
export function addManagementRoutes(
  management: Management,
  registry: Registry,
  shedder: Shedder | undefined
): void {
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
      config: setsState(({ name }) => `breaker ${name}`),
      handler: (request: FastifyRequest, reply: FastifyReply) => {
        const { name } = request.params as { name: string }
        const breaker = registry.operable(name)
        if (!breaker) {
          return reply.code(404).send({ statusCode: 404, error: 'Not Found', message: 'No such breaker' })
        }
        // Isolating a breaker twice by this route is one isolation: one release ends it.
        breaker.release()
        if (action === 'isolate') breaker.isolate()
        return reply.send(breaker.snapshot())
      }
    })
  }
}

/** Adds a readiness check for a breaker with the option `health`. The check reads the state and makes no call. */
export function addReadinessCheck(readiness: Readiness, breaker: RegisteredBreaker): void {
  if (!breaker.health) return
  // A half-open breaker needs calls, so that one tests the service: without readiness there are none.
  const isReady = (): boolean => breaker.state === 'closed' || breaker.state === 'half-open'
  readiness.addCheck(`breaker:${breaker.name}`, isReady, breaker.health)
}
