import { parseAddress } from '@seaworthy/internal'
import { trustsForwardedFor } from '../internals.ts'
import { securityStatus } from '../status.ts'
import { proxyPlatform } from './platforms.ts'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/** Addresses of peers: of each private range, of carriers, and a public one. */
const peers = [
  '127.0.0.1',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.0.1',
  '169.254.1.1',
  '100.64.0.1',
  '203.0.113.1',
  'fd00::1'
]

/** Logs at the start that a platform's proxy is not trusted: all clients would share one limit. */
export function warnAboutPlatformProxy(fastify: FastifyInstance, env: NodeJS.ProcessEnv = process.env): void {
  const platform = proxyPlatform(env)
  if (platform === undefined || Array.isArray(securityStatus(fastify).trustProxy)) return
  if (peers.some((peer) => trustsForwardedFor(fastify, peer) !== false)) return
  const { name, certain } = platform
  const advice =
    "list its addresses: if they are private, securityServerOptions({ trustProxy: ['uniquelocal'] }), or TRUST_PROXY=uniquelocal with the preset's fromEnv()"
  if (certain) {
    fastify.log.warn(
      `security: ${name} has a proxy in front of this service, and X-Forwarded-For is trusted from none; all clients share one limit; ${advice}`
    )
  } else {
    fastify.log.info(
      `security: on ${name} a load balancer or an ingress is often in front of a service, and X-Forwarded-For is trusted from none; behind one, all clients share one limit; ${advice}`
    )
  }
}

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
