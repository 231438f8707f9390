import type { FastifyInstance, FastifyRequest } from 'fastify'
import { knownOf } from '../deadline/deadline.ts'

/** Notes on the request that a part of its answer is degraded. */
export function markDegraded(request: FastifyRequest | null, breaker: string): void {
  const known = knownOf(request)
  if (!known) return
  known.degraded ??= []
  if (!known.degraded.includes(breaker)) known.degraded.push(breaker)
}

/** The breakers that answered with a last good value or a fallback; null while none has. */
export const degradedOf = (request: FastifyRequest): readonly string[] | null =>
  knownOf(request)?.degraded ?? null

/**
 * Marks answers made of degraded parts, and keeps them out of every cache: a cache would go on serving them after
 * the service is back. The header says that, not which part: names of services are nobody's business.
 */
export function markAnswers(fastify: FastifyInstance, header: string | false): void {
  fastify.addHook('onSend', (request, reply, payload, done) => {
    if (degradedOf(request) !== null) {
      if (header !== false) reply.header(header, 'true')
      reply.header('cache-control', 'no-store')
    }
    done(null, payload)
  })
}
