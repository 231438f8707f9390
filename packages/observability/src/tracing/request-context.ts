import { AsyncLocalStorage } from 'node:async_hooks'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/** Keeps the request for all code that its handler starts. */
export function requestContext(fastify: FastifyInstance): AsyncLocalStorage<FastifyRequest> {
  const storage = new AsyncLocalStorage<FastifyRequest>()
  fastify.addHook('onRequest', (request, _reply, done) => storage.run(request, done))
  // The last bytes of the body come from the socket, outside the context of onRequest.
  fastify.addHook('preValidation', (request, _reply, done) => storage.run(request, done))
  return storage
}
