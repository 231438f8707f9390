import type { FastifyInstance } from 'fastify'
import type { Audit } from '../core/audit.ts'
import type { SessionHooks } from '../sessions/types.ts'
import type { AuthStore } from '../stores/store.ts'
import { addBackchannelRoute } from './backchannel.ts'
import { addEndSessionRoutes } from './end-session.ts'
import { addFrontchannelRoute } from './frontchannel.ts'
import { createVerifyLogout, type PublishedMetadata } from './logout-tokens.ts'
import type { ResolvedLogout } from './options.ts'
import type { ProviderLogins } from '../revocation/provider-logins.ts'

/** A provider with its client. */
export interface LogoutProvider {
  readonly name: string
  readonly clientId: string
  readonly issuer: string
  metadata(): Promise<PublishedMetadata>
  /** The provider's page that ends its session. `undefined` if it has none. */
  endSessionUrl(parameters: Record<string, string>): Promise<URL | undefined>
}

export interface LogoutDependencies {
  readonly audit: Audit
  readonly store: AuthStore
  readonly logins: ProviderLogins
  readonly sessions: SessionHooks | undefined
}

/** Registers the routes of the option `logout` of one provider. Loaded only if it is set. */
export function registerLogout(
  fastify: FastifyInstance,
  { name, clientId, issuer, metadata, endSessionUrl }: LogoutProvider,
  options: ResolvedLogout,
  { audit, store, logins, sessions }: LogoutDependencies
): void {
  const { backchannelPath, frontchannelPath, tokenType } = options
  const path = options.path ?? `/logout/${name}`
  if (path !== false && sessions !== undefined)
    addEndSessionRoutes(fastify, { provider: name, options, path, sessions, logins, audit, endSessionUrl })
  if (backchannelPath !== undefined) {
    const verify = createVerifyLogout({ metadata, store, log: fastify.log, clientId, tokenType })
    addBackchannelRoute(fastify, { provider: name, path: backchannelPath, verify, logins, audit })
  }
  if (frontchannelPath !== undefined) {
    const { origin } = new URL(issuer)
    addFrontchannelRoute(fastify, { path: frontchannelPath, origin, metadata, logins, audit })
  }
}
