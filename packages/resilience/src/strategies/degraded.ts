import type { FastifyInstance, FastifyRequest } from 'fastify'
import { requestState } from '../deadline/request-state.ts'

/** Records that the breaker served a fallback or a last good value for this request. */
export function markDegraded(request: FastifyRequest | null, breaker: string): void {
  const state = requestState(request)
  if (!state) return
  state.degraded ??= []
  if (!state.degraded.includes(breaker)) state.degraded.push(breaker)
}

/** The breakers that served a fallback or a last good value. `null` if none did. */
export const degradedBreakers = (request: FastifyRequest): readonly string[] | null =>
  requestState(request)?.degraded ?? null

/**
 * Marks degraded responses and keeps them out of caches, which would serve them after the service has recovered. The
 * header does not name the breaker: clients must not learn the names of internal services.
 */
export function markDegradedResponses(fastify: FastifyInstance, header: string | false): void {
  fastify.addHook('onSend', (request, reply, payload, done) => {
    if (degradedBreakers(request) !== null) {
      if (header !== false) reply.header(header, 'true')
      reply.header('cache-control', 'no-store')
    }
    done(null, payload)
  })
}
