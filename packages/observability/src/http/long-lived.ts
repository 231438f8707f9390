import type { FastifyReply, FastifyRequest } from 'fastify'
import { sentContentType } from '../internals/index.ts'

/**
 * The status of an answer that lasts for as long as its client listens, so that neither its duration nor its end says
 * anything about the service: a WebSocket, an event stream, or any answer of a route with `longLived`. `undefined` for
 * all others. The client's word is not enough: the handler has taken the socket or has sent the type of events.
 */
export function longLivedStatus(
  { raw: { headers } }: FastifyRequest,
  reply: FastifyReply,
  declared: boolean
): number | undefined {
  const { raw } = reply
  if (!raw.headersSent) {
    const isUpgraded = reply.sent && headers.upgrade?.toLowerCase() === 'websocket'
    return isUpgraded ? 101 : undefined
  }
  if (declared) return raw.statusCode
  const type = reply.getHeader('content-type') ?? sentContentType(raw)
  return String(type).toLowerCase().startsWith('text/event-stream') ? raw.statusCode : undefined
}
