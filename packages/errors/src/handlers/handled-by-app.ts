import type { FastifyInstance, FastifyRequest } from 'fastify'
import { routeData } from '@seaworthy/contract'

/**
 * Returns a function that tells whether the app's own error handler responds to a request: that of a scope or a route.
 *
 * @param pluginHandler - The handler of the plugin in this scope; `undefined` if the app's was kept.
 */
export function handledByApp(
  fastify: FastifyInstance,
  pluginHandler: FastifyInstance['errorHandler'] | undefined
): (request: FastifyRequest) => boolean {
  const routeHandler = routeData<true>('errors.route-handler')
  let hasRouteHandlers = false
  fastify.addHook('onRoute', (route) => {
    if (route.errorHandler === undefined) return
    hasRouteHandlers = true
    routeHandler.set(route, true)
  })
  return (request) =>
    request.server.errorHandler !== pluginHandler || (hasRouteHandlers && routeHandler.get(request) === true)
}
