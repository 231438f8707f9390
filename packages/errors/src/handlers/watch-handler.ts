import type { FastifyReply, FastifyRequest, RouteHandlerMethod, RouteOptions } from 'fastify'

const kWatched = Symbol('seaworthy.errors.watched')

/**
 * Calls `start` when a handler runs, and reports an error that it throws after it has replied: Fastify logs it, and no
 * hook sees it. Only promises are watched: another thenable may run its work again on each `then`.
 */
export function watchHandler(
  route: RouteOptions,
  start: (reply: FastifyReply) => void,
  report: (error: unknown, request: FastifyRequest, reply: FastifyReply) => void
): void {
  const { handler } = route
  // The HEAD route that Fastify adds has the handler of its GET route, which is watched already.
  if (typeof handler !== 'function' || kWatched in handler) return
  const watched: RouteHandlerMethod = function (request, reply) {
    start(reply)
    const result = handler.call(this, request, reply)
    if (result instanceof Promise) {
      result.then(undefined, (error: unknown) => {
        if (reply.sent) report(error, request, reply)
      })
    }
    return result
  }
  route.handler = Object.assign(watched, { [kWatched]: true })
}
