import { parseAddress } from '@seaworthy/internal'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/**
 * Checks the first forwarded request and logs once if the proxy settings cannot be right: behind an untrusted proxy
 * all clients share its limit.
 */
export function watchForwardedRequests(fastify: FastifyInstance): (request: FastifyRequest) => void {
  let watching = true

  /** Over a Unix socket, or on a connection that was reset, only X-Forwarded-For shows the client. */
  const checkWithoutPeer = ({ ip }: FastifyRequest) => {
    if ((ip as string | undefined) !== undefined || typeof fastify.server.address() !== 'string') return
    watching = false
    fastify.log.warn(
      'security: over a Unix socket clients have no address, and X-Forwarded-For is not trusted; all clients share one limit; build the app with Fastify({ ...securityServerOptions(), trustProxy: (address) => address === undefined })'
    )
  }

  return (request) => {
    if (!watching) return
    const forwarded = request.headers['x-forwarded-for']
    if (forwarded === undefined) return
    const peer = request.socket?.remoteAddress
    if (peer === undefined) return checkWithoutPeer(request)
    const first = String(forwarded).split(',')[0]?.trim() ?? ''
    if (parseAddress(first) === undefined) return
    watching = false
    if (request.ip === peer) {
      fastify.log.warn(
        { peer },
        `security: ${peer} sends X-Forwarded-For but is not trusted; if it is a proxy, all its clients share one limit; add trustProxy: ['${peer}'] to securityServerOptions()`
      )
    } else {
      fastify.log.info(
        { peer, client: request.ip },
        'security: the proxy is trusted, limits count its clients'
      )
    }
  }
}
