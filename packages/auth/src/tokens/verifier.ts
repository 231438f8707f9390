import { identityOf, type Identity } from '../core/identity.ts'
import { invalid, type Claims, type TokenOutcome, type VerificationResult } from '../core/token-outcome.ts'
import type { Introspection } from '../introspection/introspection.ts'
import { decodeUnverified, isCanonical } from '../core/token-text.ts'
import type { IssuerRegistry } from './issuer-registry.ts'
import type { ResolvedJwt } from './options.ts'
import type { TrustedIssuer } from './trusted-issuer.ts'
import { VerifiedTokenCache } from './verified-cache.ts'

/** Verifies tokens of all issuers. */
export interface TokenVerifier {
  /** Calls back once: at once for a cached token or a secret. It does not check revocations. */
  verify(token: string, done: (outcome: TokenOutcome) => void): void
}

/** Whether a token is bound to a key (RFC 9449). */
const isBound = ({ cnf }: Claims): boolean =>
  typeof (cnf as { jkt?: unknown } | null | undefined)?.jkt === 'string'

/** @param onBound - Called for each new token that is bound to a key, if no proof of it is required. */
export function createTokenVerifier(
  { cache: limit, maxLength, clockTolerance }: Pick<ResolvedJwt, 'cache' | 'maxLength' | 'clockTolerance'>,
  { byName: issuers }: IssuerRegistry,
  introspection?: Introspection,
  onBound?: (issuer: string) => void
): TokenVerifier {
  const onlyIssuer = issuers.size === 1 ? issuers.values().next().value : undefined
  const cache = new VerifiedTokenCache(limit)

  const toOutcome = (token: string, issuer: TrustedIssuer, result: VerificationResult): TokenOutcome => {
    if (!('claims' in result)) return result
    if (onBound !== undefined && isBound(result.claims)) onBound(issuer.name)
    const identity = identityOf('jwt', result.claims, issuer.paths)
    if (limit > 0) {
      const expires = Number(identity.user.exp) * 1000 + clockTolerance
      cache.set({ token, identity: copyIdentity(identity), issuer, generation: result.generation, expires })
    }
    return { identity }
  }

  return {
    verify(token, done) {
      const cached = limit === 0 ? undefined : cache.get(token)
      if (cached !== undefined) {
        // A copy: a handler that changes `request.user` must not change the next request's.
        if (cached.expires > Date.now() && cached.issuer.isCurrent(cached.generation))
          return done({ identity: copyIdentity(cached.identity) })
        cache.delete(cached)
      }
      if (token.length > maxLength) return done(invalid)
      // If JWTs are accepted too, a token that looks like one is never sent to the issuer.
      if (introspection !== undefined && (issuers.size === 0 || token.split('.', 4).length !== 3))
        return introspection.verify(token, (outcome) => done(copyOutcome(outcome)))
      if (!isCanonical(token)) return done(invalid)
      const issuer = onlyIssuer ?? issuers.get(decodeUnverified(token, 'claims')?.iss as string)
      if (issuer === undefined) return done(invalid)
      issuer.verify(token, (result) => done(toOutcome(token, issuer, result)))
    }
  }
}

const copyOutcome = (outcome: TokenOutcome): TokenOutcome =>
  'identity' in outcome ? { identity: copyIdentity(outcome.identity) } : outcome

function copyIdentity(identity: Identity): Identity {
  const user = { ...identity.user }
  for (const name in user) if (typeof user[name] === 'object') user[name] = copyValue(user[name])
  return { ...identity, user, roles: [...identity.roles], scopes: [...identity.scopes] }
}

/** Most claims that are objects are flat lists. To copy them costs a fraction of `structuredClone`. */
const copyValue = (value: unknown): unknown =>
  Array.isArray(value) && value.every((entry) => typeof entry !== 'object')
    ? [...(value as unknown[])]
    : structuredClone(value)
