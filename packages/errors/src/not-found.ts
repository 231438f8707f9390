import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Answer } from './answer.ts'
import { pathOf } from './body.ts'

/** The methods under which a path exists. Browsers' and proxies' own questions are no operations. */
function methodsOf(fastify: FastifyInstance, path: string): string[] {
  return fastify.supportedMethods.filter(
    (method) =>
      method !== 'OPTIONS' &&
      method !== 'TRACE' &&
      fastify.findRoute({ method, url: path, constraints: {} }) !== null
  )
}

/** What is said of a URL that no route has. No error: nothing failed, and a stack would cost more than the answer. */
export function notFoundAnswer(fastify: FastifyInstance, request: FastifyRequest, allow: boolean): Answer {
  const { method } = request
  const path = pathOf(request.url)
  const methods = allow ? methodsOf(fastify, path) : []
  if (methods.length > 0 && !methods.includes(method)) {
    const headers = { allow: methods.join(', ') }
    return { statusCode: 405, code: 'METHOD_NOT_ALLOWED', message: `${method} is not allowed here`, headers }
  }
  return { statusCode: 404, code: 'ROUTE_NOT_FOUND', message: `Route ${method}:${path} not found` }
}
