import { AsyncLocalStorage } from 'node:async_hooks'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/** Remembers the request for all that its handler starts. */
export function requestContext(fastify: FastifyInstance): AsyncLocalStorage<FastifyRequest> {
  const storage = new AsyncLocalStorage<FastifyRequest>()
  fastify.addHook('onRequest', (request, _reply, done) => storage.run(request, done))
  // The body's last bytes come from the socket, outside of what onRequest started.
  fastify.addHook('preValidation', (request, _reply, done) => storage.run(request, done))
  return storage
}
