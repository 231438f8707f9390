import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ErrorReply } from './error-reply.ts'
import { ForeignErrors } from './foreign-errors.ts'
import { resolveError, type FailureState, type ResolveOptions } from './resolve-error.ts'

/** Gives the response to an error of a request. */
export type ResolveOnce = (
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  state: FailureState
) => ErrorReply

/** Resolves each error once, so that all `onError` hooks, the error handler and the log see the same response. */
export function resolveOnce(fastify: FastifyInstance, options: ResolveOptions): ResolveOnce {
  const key = Symbol('seaworthy.errors.resolved')
  // A decorator and no WeakMap: each collection of young objects walks a WeakMap and may keep its keys alive, and with
  // a reply its request.
  fastify.decorateReply(key, null)
  const foreign = new ForeignErrors(fastify.log, options.mode === 'observe')

  return (error, request, reply, state) => {
    const replies = reply as unknown as Record<symbol, { error: unknown; response: ErrorReply } | null>
    const resolved = replies[key]
    if (resolved && resolved.error === error) return resolved.response
    const response = resolveError(error, request, reply, options, foreign, state)
    replies[key] = { error, response }
    return response
  }
}
