import type { FastifyInstance, FastifyRequest } from 'fastify'
import { routeData } from '@seaworthy/contract'
import { hasErrorFormatter } from '../internals.ts'

/** Returns a function that tells whether the app words the failed validations of a request: for its route, or its scope. */
export function hasAppFormatter(fastify: FastifyInstance): (request: FastifyRequest) => boolean {
  const formatter = routeData<true>('errors.formatter')
  fastify.addHook('onRoute', (route) => {
    if (route.schemaErrorFormatter !== undefined) formatter.set(route, true)
  })
  return (request) => formatter.get(request) === true || hasErrorFormatter(request.server)
}
