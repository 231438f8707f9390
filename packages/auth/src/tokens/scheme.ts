import type { FastifyRequest } from 'fastify'
import { challenge, invalidToken, undecided } from '../core/errors.ts'
import type { Revocations } from '../revocation/revocations.ts'
import type { Found, Scheme } from '../schemes/compile.ts'
import { bearerOf } from './bearer.ts'
import type { TokenOutcome, TokenVerifier } from './verifier.ts'

/** Bearer tokens, from the header or else from a cookie. */
export function tokenScheme(
  verifier: TokenVerifier,
  revocations: Revocations,
  realm: string,
  cookie: string | undefined
): Scheme {
  const conclude = (outcome: TokenOutcome, found: Found): void => {
    if ('identity' in outcome) {
      const { identity } = outcome
      const stale = revocations.staleness()
      if (stale) return found(stale)
      // After any cache, so that an ended token is refused at once.
      if (revocations.isRevoked(identity.user)) {
        return found(invalidToken(realm, 'The token has been revoked', 'AUTH_TOKEN_REVOKED'))
      }
      return found(null, identity)
    }
    if ('unavailable' in outcome) return found(undecided(outcome))
    if (outcome.refused === 'expired') {
      return found(invalidToken(realm, 'The token has expired', 'AUTH_TOKEN_EXPIRED'))
    }
    found(invalidToken(realm, 'The token is not valid'))
  }

  return {
    name: 'jwt',
    challenge: challenge('Bearer', realm),
    identify(request, found) {
      const token = tokenOf(request, cookie)
      if (token === undefined) return found(null)
      verifier.verify(token, (outcome) => conclude(outcome, found))
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
