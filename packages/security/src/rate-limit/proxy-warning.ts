import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isIP } from 'node:net'

/**
 * Looks at the first forwarded request and says once when the proxy settings can't be right: with an untrusted proxy
 * all clients share its limit, with everybody trusted each chooses an address.
 */
export function watchProxies(fastify: FastifyInstance): (request: FastifyRequest) => void {
  let looking = true
  /** Over a Unix socket, or reset already: only a proxy's word gives such clients an address. */
  const withoutAddress = ({ ip }: FastifyRequest) => {
    if ((ip as string | undefined) !== undefined || typeof fastify.server.address() !== 'string') return
    looking = false
    fastify.log.warn(
      'security: over a Unix socket clients have no address, and X-Forwarded-For is not trusted: all share one limit. Build the app with Fastify({ ...securityServerOptions(), trustProxy: (address) => address === undefined })'
    )
  }
  return (request) => {
    if (!looking) return
    const forwarded = request.headers['x-forwarded-for']
    if (forwarded === undefined) return
    const peer = request.socket?.remoteAddress
    const first = String(forwarded).split(',')[0]?.trim() ?? ''
    if (peer === undefined) return withoutAddress(request)
    if (isIP(first) === 0) return
    looking = false
    if (request.ip === peer) {
      fastify.log.warn(
        { peer },
        `security: ${peer} sends X-Forwarded-For but is not trusted: if it is your proxy, all clients share its limit. Add trustProxy: ['${peer}'] to securityServerOptions()`
      )
    } else {
      fastify.log.info(
        { peer, client: request.ip },
        'security: the proxy is trusted, limits count its clients'
      )
    }
  }
}
