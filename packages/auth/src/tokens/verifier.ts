import type { ResolvedJwt } from './options.ts'
import { identityOf, type Identity } from '../core/identity.ts'
import type { Introspection } from '../introspection/introspection.ts'
import { isCanonical, peek } from './bearer.ts'
import type { Issuer } from './trusted-issuer.ts'
import type { Issuers } from './issuer-registry.ts'
import { RememberedTokens } from './verified-cache.ts'
import type { Verified } from './types.ts'

/** A token's identity, or why there is none. */
export type TokenOutcome =
  | { identity: Identity }
  | { refused: 'expired' | 'invalid' }
  | { unavailable: number; asked?: true }

/** Verifies tokens of all issuers. */
export interface TokenVerifier {
  /** Calls back once: at once for what is remembered or has a secret. Doesn't know of revocation. */
  verify(token: string, done: (outcome: TokenOutcome) => void): void
}

export function createTokenVerifier(
  { cache: limit, maxLength, clockTolerance }: ResolvedJwt,
  { byName: issuers }: Issuers,
  opaque?: Introspection
): TokenVerifier {
  const tolerance = clockTolerance * 1000
  const only = issuers.size === 1 ? issuers.values().next().value : undefined
  const cache = new RememberedTokens(limit)
  const remember = (token: string, issuer: Issuer, identity: Identity, generation: number): void => {
    if (limit === 0) return
    const expires = Number(identity.user.exp) * 1000 + tolerance
    cache.set({ token, identity: copied(identity), issuer, generation, expires })
  }
  const conclude = (token: string, issuer: Issuer, result: Verified): TokenOutcome => {
    if (!('claims' in result)) return result
    const identity = identityOf('jwt', result.claims, issuer.rolesClaim)
    remember(token, issuer, identity, result.generation)
    return { identity }
  }

  return {
    verify(token, done) {
      const found = limit === 0 ? undefined : cache.get(token)
      if (found !== undefined) {
        // The claims go out as a copy: a handler that changes `request.user` must not change the next request's.
        if (found.expires > Date.now() && found.issuer.holds(found.generation)) {
          return done({ identity: copied(found.identity) })
        }
        cache.delete(found)
      }
      if (token.length > maxLength) return done({ refused: 'invalid' })
      // Where JWTs are taken too, what looks like one is never sent to the issuer.
      if (opaque !== undefined && (issuers.size === 0 || token.split('.', 4).length !== 3)) {
        return opaque.verify(token, (outcome) => done(own(outcome)))
      }
      if (!isCanonical(token)) return done({ refused: 'invalid' })
      const issuer = only ?? issuers.get(peek(token, 1)?.iss as string)
      if (issuer === undefined) return done({ refused: 'invalid' })
      issuer.verify(token, (result) => done(conclude(token, issuer, result)))
    }
  }
}

/** What several requests get, as one's own. */
const own = (outcome: TokenOutcome): TokenOutcome =>
  'identity' in outcome ? { identity: copied(outcome.identity) } : outcome

function copied(identity: Identity): Identity {
  const user = { ...identity.user }
  for (const name in user) if (typeof user[name] === 'object') user[name] = copiedValue(user[name])
  return { ...identity, user, roles: [...identity.roles], scopes: [...identity.scopes] }
}

/** Most claims that aren't text or numbers are lists of those: to clone them costs many times what to copy them does. */
const copiedValue = (value: unknown): unknown =>
  Array.isArray(value) && value.every((each) => typeof each !== 'object')
    ? [...(value as unknown[])]
    : structuredClone(value)
