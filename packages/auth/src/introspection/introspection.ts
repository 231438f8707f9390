import { hash } from 'node:crypto'
import { BoundedMap } from '@seaworthy/internal'
import type { FastifyBaseLogger } from 'fastify'
import { failureReason } from '../core/failure-reason.ts'
import { identityOf } from '../core/identity.ts'
import { invalid, type Claims, type TokenOutcome, type Unavailable } from '../core/token-outcome.ts'
import { checkIntrospection, type IntrospectionRules } from './claims.ts'
import { createIntrospect } from './client.ts'
import type { ResolvedIntrospection } from './options.ts'

/** Milliseconds for which a rejection is cached at most. */
const maxRejectionAge = 5000
/** Calls at a time. Further tokens get 503: otherwise invented ones would pile up while the issuer hangs. */
const maxCalls = 256
/** The letters of a token in RFC 6750, and the colon that some issuers use. */
const tokenFormat = /^[\w.~+/:-]+=*$/

const unavailable: Unavailable = { unavailable: 'introspection', retryAfter: 1 }

/** Verifies opaque tokens at their issuer. */
export interface Introspection {
  /**
   * Calls back once: at once for a cached result. Requests share the result, so copy the identity. It does not check
   * revocations.
   */
  verify(token: string, done: (outcome: TokenOutcome) => void): void
}

interface CachedOutcome {
  readonly outcome: TokenOutcome
  /** Milliseconds since 1970. */
  readonly until: number
}

export interface IntrospectedIssuerRules {
  readonly issuer: string
  readonly audiences: readonly string[]
  readonly requiredClaims?: readonly string[]
  readonly rolesClaim?: string
  readonly scopesClaim?: string
  readonly introspection: ResolvedIntrospection
}

export function createIntrospection(
  { issuer, audiences, requiredClaims, rolesClaim, scopesClaim, introspection }: IntrospectedIssuerRules,
  { cache: limit, clockTolerance, dpop }: { cache: number; clockTolerance: number; dpop: object | undefined },
  log: FastifyBaseLogger
): Introspection {
  const introspect = createIntrospect(issuer, introspection)
  const rules: IntrospectionRules = {
    issuer,
    audiences,
    requiredClaims: requiredClaims ?? ['aud', 'sub'],
    clockTolerance,
    acceptsDpop: dpop !== undefined
  }
  const { cacheFor } = introspection
  // Two caches, so that invented tokens do not displace valid ones.
  const accepted = new BoundedMap<CachedOutcome>(cacheFor === 0 ? 0 : limit)
  const rejected = new BoundedMap<CachedOutcome>(cacheFor === 0 ? 0 : limit)
  const calls = new Map<string, Promise<TokenOutcome>>()
  let failing = false

  const cached = (cache: BoundedMap<CachedOutcome>, key: string): TokenOutcome | undefined => {
    const entry = cache.get(key)
    if (entry === undefined || entry.until > Date.now()) return entry?.outcome
    cache.delete(key)
    return undefined
  }

  /** Logs the first failure and the recovery. */
  const reportState = (failed: boolean, reason?: string): void => {
    if (failed === failing) return
    failing = failed
    if (failed) {
      const what =
        'auth: token introspection failed; tokens without a cached result get 503; check the issuer'
      log.warn({ issuer, reason }, what)
    } else log.info({ issuer }, 'auth: token introspection works again')
  }

  async function callIssuer(token: string, key: string): Promise<TokenOutcome> {
    let claims: Claims
    try {
      claims = await introspect(token)
    } catch (error) {
      reportState(true, failureReason(error))
      return unavailable
    }
    reportState(false)
    const result = checkIntrospection(claims, rules)
    const now = Date.now()
    if (!('claims' in result)) {
      rejected.set(key, { outcome: result, until: now + Math.min(cacheFor, maxRejectionAge) })
      return result
    }
    const identity = identityOf('jwt', result.claims, { issuer, rolesClaim, scopesClaim })
    const { exp } = result.claims
    const expires = typeof exp === 'number' ? exp * 1000 + clockTolerance : Infinity
    accepted.set(key, { outcome: { identity }, until: Math.min(now + cacheFor, expires) })
    return { identity }
  }

  return {
    verify(token, done) {
      if (!tokenFormat.test(token)) return done(invalid)
      const key = hash('sha256', token, 'base64url')
      const outcome = cached(accepted, key) ?? cached(rejected, key)
      if (outcome !== undefined) return done(outcome)
      let call = calls.get(key)
      if (call === undefined) {
        if (calls.size >= maxCalls) return done(unavailable)
        call = callIssuer(token, key).finally(() => calls.delete(key))
        calls.set(key, call)
      }
      call.then(done, () => done(unavailable))
    }
  }
}
