import type { FastifyRequest } from 'fastify'

/**
 * A request of any server (also HTTP/2), logger and type provider. It lacks the members that differ between them: from
 * the whole type TypeScript would infer a route's schema and ignore the type provider.
 *
 * @example
 * const sessionOf = (request: AnyRequest) => app.auth.sessions.idOf(request)
 * app.get('/session', async (request) => sessionOf(request))
 */
export type AnyRequest = Omit<FastifyRequest, 'raw' | 'req' | 'server' | 'log' | 'routeOptions' | 'socket'>

/**
 * A reply of any server, logger and type provider.
 *
 * @example
 * const deny = (reply: AnyReply) => reply.code(403).send('not today')
 */
export interface AnyReply {
  readonly sent: boolean
  statusCode: number
  code(status: number): AnyReply
  status(status: number): AnyReply
  send(payload?: unknown): AnyReply
}
