import type { FastifyRequest } from 'fastify'
import type { IdSource } from '../tracing/request-ids.ts'

/** Makes the correlation id the id of a request, and returns it. One that an option of the app let in, and that is too long or odd, is replaced. */
export function ensureId(request: FastifyRequest, ids: IdSource): string {
  const { correlationId } = ids.of(request.raw, request.id)
  if (request.id !== correlationId) request.id = correlationId
  return correlationId
}
