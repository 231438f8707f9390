import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Audit } from '../core/audit.ts'
import { AuthError, type AuthErrorCode } from '../core/errors.ts'
import { failureReason } from '../core/failure-reason.ts'
import { readsNoCookies } from '../csrf/csrf.ts'
import { addFormRoutes } from './form-scope.ts'
import { InvalidLogoutToken, type VerifiedLogout } from './logout-tokens.ts'
import type { ProviderLogins } from '../revocation/provider-logins.ts'

export interface BackchannelDependencies {
  readonly provider: string
  readonly path: string
  readonly verify: (token: unknown) => Promise<VerifiedLogout>
  readonly logins: ProviderLogins
  readonly audit: Audit
}

/** The only token of a form. `undefined` for none and for several. */
function tokenOf(body: unknown): string | undefined {
  const tokens = body instanceof URLSearchParams ? body.getAll('logout_token') : []
  return tokens.length === 1 ? tokens[0] : undefined
}

/**
 * Adds the route to which a provider sends logout tokens (OpenID Connect Back-Channel Logout). It answers 200, or 400 for
 * every failure, as that standard requires.
 */
export function addBackchannelRoute(fastify: FastifyInstance, dependencies: BackchannelDependencies): void {
  const { provider, path, verify, logins, audit } = dependencies

  function fail(code: AuthErrorCode, message: string, error: unknown, request: FastifyRequest): never {
    audit.record({ type: 'provider_logout', outcome: 'failed', scheme: 'oauth2', code }, request)
    const details = { provider, code, reason: failureReason(error) }
    // Any client can send other texts, at any rate.
    if (code === 'AUTH_LOGOUT_TOKEN_INVALID')
      request.log.info(
        details,
        'auth: a logout token is not valid; its logins continue; see its reason, if the provider has sent it'
      )
    else
      request.log.warn(
        details,
        'auth: a logout by a provider failed; its logins continue; see its reason, and let the provider send it again'
      )
    throw new AuthError(message, { code, statusCode: 400, cause: error })
  }

  async function verifyToken(request: FastifyRequest): Promise<VerifiedLogout> {
    try {
      return await verify(tokenOf(request.body))
    } catch (error) {
      if (error instanceof InvalidLogoutToken)
        return fail('AUTH_LOGOUT_TOKEN_INVALID', 'The logout token is not valid', error, request)
      return fail('AUTH_LOGOUT_FAILED', 'The logout cannot be done right now', error, request)
    }
  }

  addFormRoutes(fastify, (scope) => {
    const config = { auth: false, [readsNoCookies]: true } as const
    scope.post(path, { config }, async (request, reply) => {
      const { logins: ended, release } = await verifyToken(request)
      try {
        await logins.end(ended)
      } catch (error) {
        // The provider may send it again.
        await release().catch(() => undefined)
        return fail('AUTH_LOGOUT_FAILED', 'The logout cannot be done right now', error, request)
      }
      audit.record({ type: 'provider_logout', outcome: 'back_channel', scheme: 'oauth2' }, request)
      return reply.code(200).send()
    })
  })
}
