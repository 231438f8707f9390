import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify'

type Done = (error?: Error | null) => void
type Evaluate = (request: FastifyRequest, reply: FastifyReply, done: Done) => void

/**
 * Adds the hooks of a limit per user to a route: in `preParsing`, before the body is read, and if authentication comes
 * only in `preHandler`, behind it there.
 *
 * @param evaluate - Called once for each request that has a user. An error rejects the request.
 */
export function addUserHooks(route: RouteOptions, evaluate: Evaluate): void {
  const evaluated = new WeakSet<FastifyRequest>()
  /** Whether the limit is due now: there is a user, and it is the first time. */
  const isDue = (request: FastifyRequest): boolean => {
    const { user } = request as { user?: unknown }
    if (user === undefined || user === null || evaluated.has(request)) return false
    evaluated.add(request)
    return true
  }
  const preParsing = (
    request: FastifyRequest,
    reply: FastifyReply,
    payload: unknown,
    done: (error?: Error | null, payload?: unknown) => void
  ): void => {
    if (!isDue(request)) return done(null, payload)
    evaluate(request, reply, (error) => (error ? done(error) : done(null, payload)))
  }
  const preHandler: Evaluate = (request, reply, done) => {
    if (isDue(request)) evaluate(request, reply, done)
    else done()
  }
  route.preParsing = [...[route.preParsing ?? []].flat(), preParsing] as never
  route.preHandler = [...[route.preHandler ?? []].flat(), preHandler] as never
}
