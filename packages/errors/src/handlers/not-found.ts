import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ErrorCode } from '../classes/codes.ts'
import type { ErrorReply } from '../resolve/error-reply.ts'
import { pathOf } from '../respond/body.ts'

/**
 * The response to a URL that no route matches. It is made without an error: nothing has failed, and a stack would cost
 * more than the response.
 */
export function notFoundResponse(
  fastify: FastifyInstance,
  request: FastifyRequest,
  methodNotAllowed: boolean
): ErrorReply {
  const { method } = request
  const path = pathOf(request.url)
  const methods = methodNotAllowed ? methodsOf(fastify, path) : []
  if (methods.length > 0 && !methods.includes(method)) {
    const code: ErrorCode = 'METHOD_NOT_ALLOWED'
    const headers = { allow: methods.join(', ') }
    return { statusCode: 405, code, message: `${method} is not allowed here`, headers }
  }
  const code: ErrorCode = 'ROUTE_NOT_FOUND'
  return { statusCode: 404, code, message: `Route ${method}:${path} not found` }
}

/** The methods for which the path has a route, without those that browsers and proxies use for themselves. */
function methodsOf(fastify: FastifyInstance, path: string): string[] {
  return fastify.supportedMethods.filter(
    (method) =>
      method !== 'OPTIONS' &&
      method !== 'TRACE' &&
      fastify.findRoute({ method, url: path, constraints: {} }) !== null
  )
}
