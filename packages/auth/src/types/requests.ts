import type { FastifyRequest } from 'fastify'

/**
 * A request of any server (HTTP/2 too), logger and type provider: without the members that differ, since from the whole
 * type TypeScript would infer a route's schema and forget what the type provider makes of it.
 */
export type AnyRequest = Omit<FastifyRequest, 'raw' | 'req' | 'server' | 'log' | 'routeOptions' | 'socket'>

/** Its reply. */
export interface AnyReply {
  readonly sent: boolean
  statusCode: number
  code(status: number): AnyReply
  status(status: number): AnyReply
  send(payload?: unknown): AnyReply
}
