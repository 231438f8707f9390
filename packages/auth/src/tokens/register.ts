import type { FastifyInstance, FastifyRequest } from 'fastify'
import { meterPort, whenProvided, type Meter } from '@seaworthy/contract'
import type { Audit } from '../core/audit.ts'
import { AuthError } from '../core/errors.ts'
import type { ResolvedAuth } from '../options.ts'
import type { ResolvedJwt } from './options.ts'
import type { Revocations } from '../revocation/revocations.ts'
import type { Scheme } from '../schemes/compile.ts'
import type { AuthStore } from '../stores/store.ts'
import { createTokens, type Tokens } from './mint.ts'
import { createIssuers, type Issuers } from './issuer-registry.ts'
import { jwtVerifyOf } from './jwt-verify.ts'
import { tokenOf, tokenScheme } from './scheme.ts'
import { createTokenVerifier, type TokenVerifier } from './verifier.ts'

export interface TokenPart {
  scheme: Scheme
  verifier: TokenVerifier
  /** Only where the app has a key of its own. */
  tokens: Tokens | undefined
}

/** Loaded only when tokens are on. */
export async function tokenPart(
  fastify: FastifyInstance,
  jwt: ResolvedJwt,
  { realm }: ResolvedAuth,
  store: AuthStore,
  revocations: Revocations,
  audit: Audit
): Promise<TokenPart> {
  if (jwt.cookie !== undefined && !fastify.hasPlugin('@fastify/cookie')) {
    const { default: cookie } = await import('@fastify/cookie')
    await fastify.register(cookie)
  }

  const opaque =
    jwt.introspected &&
    (await import('../introspection/introspection.ts')).createIntrospection(
      jwt.introspected,
      jwt,
      fastify.log
    )
  const issuers = await createIssuers(jwt, fastify.log)
  const { sources } = issuers
  const verifier = createTokenVerifier(jwt, issuers, opaque)
  for (const source of sources.values()) fastify.addHook('onReady', (done) => (source.warmUp(), done()))
  if (sources.size > 0) whenProvided(fastify, meterPort, (meter) => showAges(meter, issuers))
  const [key] = jwt.keys
  const parts = { verifier, revocations, realm, keys: jwt.keys.map(({ verify }) => verify) }
  if (key) await (await import('./fastify-jwt-adapter.ts')).registerJwt(fastify, jwt, parts)
  else {
    const lookup = (request: FastifyRequest): string => {
      const token = tokenOf(request, jwt.cookie)
      if (token !== undefined) return token
      throw new AuthError('FST_JWT_NO_AUTHORIZATION_IN_HEADER', 401, 'Authentication is required')
    }
    fastify.decorateRequest('jwtVerify', jwtVerifyOf({ ...parts, lookup }) as never)
  }
  const sign = (claims: Record<string, unknown>): string => fastify.jwt.sign(claims)
  return {
    verifier,
    scheme: tokenScheme(verifier, revocations, realm, jwt.cookie),
    tokens: key && createTokens(jwt, sign, store, revocations, audit, realm)
  }
}

/** To be told of an issuer whose keys are not renewed before they are too old to use. */
function showAges(meter: Meter, { sources }: Issuers): void {
  meter.gauge({
    name: 'auth_keys_age_seconds',
    help: 'How long ago the keys of an issuer were fetched',
    labels: ['issuer'],
    collect: (family) => {
      for (const [issuer, source] of sources) {
        const age = source.age()
        if (age !== undefined) family.with(issuer).set(age / 1000)
      }
    }
  })
}
