import type { FastifyInstance, FastifyRequest } from 'fastify'
import { activeSpan, replaceInBindings, requestSpan } from '../internals/index.ts'
import type { IdSource } from './request-ids.ts'

/**
 * Takes over the trace of a span that a tracer has started in a hook, when the request had its ids already: so does
 * `@fastify/otel` where nothing instruments HTTP.
 */
export function adoptSpan(request: FastifyRequest, ids: IdSource): void {
  const requestIds = ids.of(request.raw, request.id)
  if (requestIds.recorded) return
  const active = activeSpan()
  if (active === undefined) return
  const before = requestIds.traceId
  ids.adoptInbound(requestIds, requestSpan(request) ?? active, request.raw)
  if (requestIds.traceId !== before) replaceInBindings(request.log, before, requestIds.traceId)
}

const decorator = 'opentelemetry'

/**
 * `@fastify/otel` that is registered later starts its spans after this plugin's hooks: its routes get a hook of their own,
 * which runs after all others.
 */
export function adoptLaterSpans(fastify: FastifyInstance, ids: IdSource): void {
  if (fastify.hasRequestDecorator(decorator)) return
  const adopt = (request: FastifyRequest, _reply: unknown, done: () => void): void => {
    adoptSpan(request, ids)
    done()
  }
  fastify.addHook('onRoute', function (route) {
    if (this.hasRequestDecorator(decorator)) route.onRequest = [adopt, ...[route.onRequest ?? []].flat()]
  })
}
