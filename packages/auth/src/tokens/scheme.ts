import type { FastifyRequest } from 'fastify'
import { challenge, invalidToken, verificationUnavailable } from '../core/errors.ts'
import type { TokenOutcome } from '../core/token-outcome.ts'
import type { Revocations } from '../revocation/revocations.ts'
import type { IdentifyCallback, Scheme } from '../schemes/types.ts'
import { bearerOf } from './bearer.ts'
import type { TokenVerifier } from './verifier.ts'

/** The scheme `jwt`: bearer tokens, from the header or else from a cookie. */
export function tokenScheme(
  verifier: TokenVerifier,
  revocations: Revocations,
  realm: string,
  cookie: string | undefined
): Scheme {
  const checkOutcome = (outcome: TokenOutcome, callback: IdentifyCallback): void => {
    if ('unavailable' in outcome) return callback(verificationUnavailable(outcome))
    if ('rejected' in outcome) {
      return outcome.rejected === 'expired'
        ? callback(invalidToken(realm, 'The token has expired', 'AUTH_TOKEN_EXPIRED'))
        : callback(invalidToken(realm, 'The token is not valid', 'AUTH_INVALID_TOKEN'))
    }
    const { identity } = outcome
    const stale = revocations.staleness()
    if (stale) return callback(stale)
    // After all caches, so that a revoked token is rejected at once.
    if (revocations.isRevoked(identity.user, identity.issuer))
      return callback(invalidToken(realm, 'The token has been revoked', 'AUTH_TOKEN_REVOKED'))
    callback(null, identity)
  }

  return {
    name: 'jwt',
    challenge: challenge('Bearer', realm),
    identify(request, callback) {
      const token = tokenOf(request, cookie)
      if (token === undefined) return callback(null)
      verifier.verify(token, (outcome) => checkOutcome(outcome, callback))
    }
  }
}

/** The token of the header, or else of the cookie. */
export function tokenOf(request: FastifyRequest, cookie: string | undefined): string | undefined {
  const token = bearerOf(request.headers)
  if (token !== undefined || cookie === undefined) return token
  const { cookies } = request as { cookies?: Record<string, string | undefined> }
  return cookies?.[cookie]
}
