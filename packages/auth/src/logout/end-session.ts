import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Audit } from '../core/audit.ts'
import { failureReason } from '../core/failure-reason.ts'
import { localPathOf, pathInScope } from '../core/local-path.ts'
import { randomState, stateCookies, type StateCookies } from '../core/state-cookies.ts'
import type { SessionHooks } from '../sessions/types.ts'
import type { ProviderLogin } from '../stores/store.ts'
import { addFormRoutes } from './form-scope.ts'
import type { ResolvedLogout } from './options.ts'
import type { ProviderLogins } from '../revocation/provider-logins.ts'

export interface EndSessionDependencies {
  readonly provider: string
  readonly options: ResolvedLogout
  readonly path: string
  readonly sessions: SessionHooks
  readonly logins: ProviderLogins
  readonly audit: Audit
  /** The provider's page that ends its session. `undefined` if it has none. */
  readonly endSessionUrl: (parameters: Record<string, string>) => Promise<URL | undefined>
}

const query = { type: 'object', properties: { returnTo: { type: 'string', maxLength: 2048 } } }
const callbackQuery = { type: 'object', properties: { state: { type: 'string', maxLength: 128 } } }
const config = { auth: false } as const

/** Adds the route that ends the session here and at the provider (OpenID Connect RP-Initiated Logout). */
export function addEndSessionRoutes(fastify: FastifyInstance, dependencies: EndSessionDependencies): void {
  const { provider, options, path, sessions, logins, audit, endSessionUrl } = dependencies
  const { callback, returnTo } = options
  const cookies = callback && stateCookies(`logout-${provider}-`, callback)
  // The check of the options accepts local paths only.
  const defaultPath = localPathOf(returnTo) ?? '/'

  /** The provider's page with what it needs. Without it the logout is one of this service alone. */
  async function urlFor(
    login: ProviderLogin,
    back: string,
    request: FastifyRequest,
    reply: FastifyReply
  ): Promise<string | undefined> {
    try {
      const idToken = await logins.idTokenOf(login)
      const state = randomState()
      const url = await endSessionUrl({
        ...(idToken === undefined ? {} : { id_token_hint: idToken }),
        ...(callback === undefined ? {} : { post_logout_redirect_uri: callback.href, state })
      })
      if (url !== undefined) cookies?.set(request, reply, { state, nonce: '', verifier: '', returnTo: back })
      return url?.href
    } catch (error) {
      request.log.warn(
        { provider, reason: failureReason(error) },
        'auth: the logout page of a provider cannot be found; the session has ended here only; check the provider'
      )
      return undefined
    }
  }

  addFormRoutes(fastify, (scope) => {
    scope.post<{ Querystring: { returnTo?: string } }>(
      path,
      { config, schema: { querystring: query } },
      async (request, reply) => {
        const back = localPathOf(request.query.returnTo) ?? defaultPath
        const login = sessions.providerLoginOf(request)
        request.session.delete()
        if (login?.provider !== provider) return reply.redirect(back, 303)
        const { issuer, sid } = login
        const url = await urlFor(login, back, request, reply)
        // The rest that the session of the provider began: refresh tokens, and other sessions of this browser.
        if (sid !== undefined) await logins.end({ issuer, sid, subject: undefined })
        audit.record({ type: 'provider_logout', outcome: 'rp_initiated', scheme: 'oauth2' }, request)
        return reply.redirect(url ?? back, 303)
      }
    )
  })
  if (callback !== undefined && cookies !== undefined)
    addCallback(fastify, pathInScope(callback, fastify), cookies, defaultPath)
}

/** The provider sends the browser back. Only a logout of this browser decides about the path. */
function addCallback(
  fastify: FastifyInstance,
  path: string,
  cookies: StateCookies,
  defaultPath: string
): void {
  fastify.get<{ Querystring: { state?: string } }>(
    path,
    { config, schema: { querystring: callbackQuery } },
    async (request, reply) => {
      const logout = cookies.consume(request, reply, request.query.state)
      const back = localPathOf(logout?.returnTo) ?? defaultPath
      return reply.header('cache-control', 'no-store').redirect(back)
    }
  )
}
