import type { FastifyRequest } from 'fastify'
import {
  challenge,
  invalidToken,
  verificationUnavailable,
  type AuthError,
  type AuthErrorCode
} from '../core/errors.ts'
import { cookiesOf } from '../core/request-cookies.ts'
import type { TokenOutcome } from '../core/token-outcome.ts'
import type { TokenBinding } from '../dpop/binding.ts'
import type { Revocations } from '../revocation/revocations.ts'
import type { IdentifyCallback, Scheme } from '../schemes/types.ts'
import { bearerOf } from './bearer.ts'
import type { TokenVerifier } from './verifier.ts'

/** The scheme `jwt`: bearer tokens, from the header or else from a cookie. */
export function tokenScheme(
  verifier: TokenVerifier,
  revocations: Revocations,
  realm: string,
  cookie: string | undefined,
  binding?: TokenBinding
): Scheme {
  const reject = (request: FastifyRequest, message: string, code: AuthErrorCode): AuthError =>
    binding?.tokenOf(request.headers) === undefined
      ? invalidToken(realm, message, code)
      : binding.errors.invalidToken(message, code)

  const checkOutcome = (
    outcome: TokenOutcome,
    token: string,
    request: FastifyRequest,
    callback: IdentifyCallback
  ): void => {
    if ('unavailable' in outcome) return callback(verificationUnavailable(outcome))
    if ('rejected' in outcome) {
      return outcome.rejected === 'expired'
        ? callback(reject(request, 'The token has expired', 'AUTH_TOKEN_EXPIRED'))
        : callback(reject(request, 'The token is not valid', 'AUTH_INVALID_TOKEN'))
    }
    const { identity } = outcome
    const stale = revocations.staleness()
    if (stale) return callback(stale)
    // After all caches, so that a revoked token is rejected at once.
    if (revocations.isRevoked(identity.user, identity.issuer))
      return callback(reject(request, 'The token has been revoked', 'AUTH_TOKEN_REVOKED'))
    if (binding === undefined) return callback(null, identity)
    binding.check(request, token, identity, (error) => (error ? callback(error) : callback(null, identity)))
  }

  return {
    name: 'jwt',
    challenge: challengesOf(realm, binding),
    identify(request, callback) {
      const token = tokenOf(request, cookie, binding)
      if (token === undefined) return callback(null)
      verifier.verify(token, (outcome) => checkOutcome(outcome, token, request, callback))
    }
  }
}

/** The challenges for a request without a token. */
export function challengesOf(realm: string, binding: TokenBinding | undefined): string | readonly string[] {
  const bearer = challenge('Bearer', realm)
  if (binding === undefined) return bearer
  return binding.required ? binding.errors.challenge : [bearer, binding.errors.challenge]
}

/** The token of the header, or else of the cookie. */
export function tokenOf(
  request: FastifyRequest,
  cookie: string | undefined,
  binding: TokenBinding | undefined
): string | undefined {
  const token = bearerOf(request.headers) ?? binding?.tokenOf(request.headers)
  if (token !== undefined || cookie === undefined) return token
  return cookiesOf(request)[cookie]
}
