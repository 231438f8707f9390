import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import type { ConcurrencyLimiter } from './limiter.ts'
import type { ConcurrencyLimit } from './limit.ts'

/**
 * Adds the hooks of a limit per user to a route: in `preParsing`, before the body is read, and if authentication comes
 * only in `preHandler`, behind it there.
 */
export function addUserHooks(
  route: RouteOptions,
  limit: ConcurrencyLimit,
  limiter: ConcurrencyLimiter
): void {
  const entered = new WeakSet<FastifyRequest>()
  const isDue = (request: FastifyRequest): boolean => {
    const { user } = request as { user?: unknown }
    if (user === undefined || user === null || entered.has(request)) return false
    entered.add(request)
    return true
  }
  const preParsing = (
    request: FastifyRequest,
    reply: FastifyReply,
    payload: unknown,
    done: (error?: Error | null, payload?: unknown) => void
  ): void => {
    if (!isDue(request)) return done(null, payload)
    limiter.enter(limit, request, reply, (error) => (error ? done(error) : done(null, payload)))
  }
  const preHandler = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void => {
    if (isDue(request)) limiter.enter(limit, request, reply, done)
    else done()
  }
  route.preParsing = [...[route.preParsing ?? []].flat(), preParsing] as never
  route.preHandler = [...[route.preHandler ?? []].flat(), preHandler] as never
}
