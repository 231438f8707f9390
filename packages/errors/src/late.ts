import type { FastifyReply, FastifyRequest, RouteHandlerMethod, RouteOptions } from 'fastify'

const kWatched = Symbol('seaworthy.errors.watched')

/**
 * Tells of an error that a handler throws after it has answered: Fastify logs it, and no hook sees it.
 * Only handlers that give a promise are watched, and only theirs: another thenable may do its work when asked again.
 */
export function watchLateErrors(
  route: RouteOptions,
  late: (error: unknown, request: FastifyRequest, reply: FastifyReply) => void
): void {
  const { handler } = route
  // A HEAD route that Fastify adds comes with the handler of its GET route.
  if (typeof handler !== 'function' || kWatched in handler) return
  const watched: RouteHandlerMethod = function (request, reply) {
    const result = handler.call(this, request, reply)
    if (result instanceof Promise) {
      result.then(undefined, (error: unknown) => {
        if (reply.sent) late(error, request, reply)
      })
    }
    return result
  }
  route.handler = Object.assign(watched, { [kWatched]: true })
}
