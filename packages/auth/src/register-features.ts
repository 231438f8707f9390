import type { FastifyInstance } from 'fastify'
import type { ApiKeyFeature } from './api-keys/register.ts'
import type { Audit } from './core/audit.ts'
import type { SchemeName } from './core/identity.ts'
import type { Csrf } from './csrf/csrf.ts'
import type { LoginState } from './login-state.ts'
import type { ResolvedAuth } from './resolve-options.ts'
import type { ProviderLogins } from './revocation/provider-logins.ts'
import type { Scheme } from './schemes/types.ts'
import type { SessionFeature } from './sessions/register.ts'
import { registerTokens, type TokenFeature } from './tokens/register.ts'

/** The features that the options switch on. The code of the others is not loaded. */
export interface Features {
  readonly tokens: TokenFeature | undefined
  readonly sessions: SessionFeature | undefined
  readonly apiKeys: ApiKeyFeature | undefined
  readonly csrf: Csrf | undefined
}

export interface FeatureDependencies extends LoginState {
  readonly audit: Audit
  readonly logins: ProviderLogins | undefined
}

/** Registers tokens, sessions, API keys and CSRF protection, and adds their schemes to `schemes`. */
export async function registerFeatures(
  fastify: FastifyInstance,
  options: ResolvedAuth,
  dependencies: FeatureDependencies,
  schemes: Map<SchemeName, Scheme>
): Promise<Features> {
  const { realm, jwt, session } = options
  const { audit, revocations } = dependencies
  const tokens = jwt && (await registerTokens(fastify, jwt, { realm, ...dependencies }))
  const sessions =
    session &&
    (await (
      await import('./sessions/register.ts')
    ).registerSessions(fastify, session, { realm, ...dependencies, revocations: jwt && revocations }))
  const apiKeys =
    options.apiKeys &&
    (await import('./api-keys/register.ts')).createApiKeys(fastify, options.apiKeys, { realm, audit })
  const csrf =
    options.csrf &&
    (await import('./csrf/register.ts')).registerCsrf(fastify, options.csrf, {
      audit,
      sessions: sessions?.sessions,
      tokenCookie: jwt?.cookie,
      explicit: [tokens?.headerScheme, apiKeys?.scheme]
    })

  for (const feature of [tokens, apiKeys, sessions])
    if (feature) schemes.set(feature.scheme.name, feature.scheme)
  return { tokens, sessions, apiKeys, csrf }
}
