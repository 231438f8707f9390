import fastifyJwt from '@fastify/jwt'
import type { FastifyInstance } from 'fastify'
import type { Audit } from '../audit.ts'
import type { ResolvedAuth } from '../options.ts'
import type { ResolvedJwt } from '../options-jwt.ts'
import type { Revocations } from '../revocation.ts'
import type { Scheme } from '../schemes.ts'
import type { AuthStore } from '../stores/store.ts'
import { createTokens, type Tokens } from './issue.ts'
import { tokenScheme } from './scheme.ts'
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
  const [key] = jwt.keys
  if (key) {
    const claims = { iss: jwt.issuer, aud: jwt.audience }
    await fastify.register(fastifyJwt, {
      secret: jwt.algorithm.startsWith('HS') ? key.sign : { private: key.sign, public: key.verify },
      sign: { algorithm: jwt.algorithm, expiresIn: jwt.expiresIn, ...claims },
      // For who calls `request.jwtVerify()` or `app.jwt.verify()`: the same rules, and revocation too.
      verify: {
        algorithms: [jwt.algorithm],
        allowedIss: claims.iss,
        allowedAud: claims.aud,
        requiredClaims: ['exp', 'iat', 'iss', 'aud'],
        clockTolerance: jwt.clockTolerance * 1000
      },
      ...(jwt.cookie === undefined ? {} : { cookie: { cookieName: jwt.cookie, signed: false } }),
      trusted: (_request, decoded) => !revocations.isRevoked(decoded as Record<string, unknown>)
    })
  }
  if (jwt.cookie !== undefined && !fastify.hasPlugin('@fastify/cookie')) {
    const { default: cookie } = await import('@fastify/cookie')
    await fastify.register(cookie)
  }

  const verifier = createTokenVerifier(jwt, fastify.log)
  for (const source of verifier.sources.values())
    fastify.addHook('onReady', (done) => (source.warmUp(), done()))
  const sign = (claims: Record<string, unknown>): string => fastify.jwt.sign(claims)
  return {
    verifier,
    scheme: tokenScheme(verifier, revocations, realm, jwt.cookie),
    tokens: key && createTokens(jwt, sign, store, revocations, audit, realm)
  }
}
