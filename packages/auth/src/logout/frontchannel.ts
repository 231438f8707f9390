import type { FastifyInstance } from 'fastify'
import type { Audit } from '../core/audit.ts'
import { AuthError } from '../core/errors.ts'
import type { PublishedMetadata } from './logout-tokens.ts'
import type { ProviderLogins } from '../revocation/provider-logins.ts'

export interface FrontchannelDependencies {
  readonly path: string
  /** The origin of the provider, which may show the page in a frame. */
  readonly origin: string
  readonly metadata: () => Promise<PublishedMetadata>
  readonly logins: ProviderLogins
  readonly audit: Audit
}

const page = '<!doctype html><title>Logged out</title>'

/**
 * Adds the route that a provider loads in a frame (OpenID Connect Front-Channel Logout). Browsers send no cookie of this
 * service there, so it ends what the session at the provider began, by `iss` and `sid`, which only the two know.
 */
export function addFrontchannelRoute(fastify: FastifyInstance, dependencies: FrontchannelDependencies): void {
  const { path, origin, metadata, logins, audit } = dependencies
  const headers = {
    'cache-control': 'no-store',
    'content-security-policy': `default-src 'none'; frame-ancestors ${origin}`,
    'content-type': 'text/html; charset=utf-8',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff'
  }
  // Plugins that forbid frames leave the route out: it has headers of its own.
  const config = { auth: false, headers: false } as const
  const text = { type: 'string', minLength: 1, maxLength: 1024 }
  const querystring = { type: 'object', properties: { iss: text, sid: text }, required: ['iss', 'sid'] }

  fastify.get<{ Querystring: { iss: string; sid: string } }>(
    path,
    { config, schema: { querystring }, helmet: false } as object,
    async (request, reply) => {
      void reply.headers(headers)
      const { iss, sid } = request.query
      const { issuer } = await metadata()
      if (iss !== issuer) {
        const code = 'AUTH_LOGOUT_TOKEN_INVALID'
        audit.record({ type: 'provider_logout', outcome: 'failed', scheme: 'oauth2', code }, request)
        throw new AuthError('The logout is not of this provider', { code, statusCode: 400 })
      }
      await logins.end({ issuer, sid, subject: undefined }, { onlyKnown: true })
      audit.record({ type: 'provider_logout', outcome: 'front_channel', scheme: 'oauth2' }, request)
      return reply.send(page)
    }
  )
}
