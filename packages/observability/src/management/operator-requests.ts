import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { reject } from './guard.ts'
import type { ResolvedManagement } from './options.ts'
import { isAction, isSameOrigin, isTrustedHost } from './same-origin.ts'

/** Headers of every response: nothing of it may be shown in, read by or kept for another page. */
const headers = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY'
}

/**
 * Checks each request of the operators' listener: its host, its token and address, the site that has sent it, and
 * whether actions are allowed.
 *
 * @param isRelayed - Whether another worker of this service has passed it on, which has checked it.
 */
export function checkOperatorRequests(
  app: FastifyInstance,
  { guard, hosts, readOnly, hasToken }: ResolvedManagement,
  isRelayed: (request: FastifyRequest) => boolean
): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(headers)
    // A page that has let its own name point here has no token, because browsers keep tokens by name.
    if (hasToken || isTrustedHost(request.headers.host, hosts)) return done()
    const message =
      'This name of the host is unknown; use the IP address or localhost, or add it to management.hosts'
    reject(reply, 421, 'Misdirected Request', message)
  })
  app.addHook('onRequest', function checkAccess(request, reply, done) {
    if (guard === undefined || isRelayed(request)) done()
    else guard.call(app, request, reply, done)
  })
  app.addHook('onRequest', (request, reply, done) => {
    if (isRelayed(request)) return done()
    if (!isSameOrigin(request)) return forbid(reply, 'A page of another site has sent this request')
    if (readOnly && isAction(request))
      return forbid(reply, 'Actions are switched off: management.readOnly is set')
    done()
  })
}

const forbid = (reply: FastifyReply, message: string): void => reject(reply, 403, 'Forbidden', message)
