import { hash } from 'node:crypto'
import { BoundedMap } from '@seaworthy/internal'
import type { FastifyBaseLogger } from 'fastify'
import { identityOf } from '../core/identity.ts'
import type { ResolvedIssuer } from '../tokens/issuer-options.ts'
import type { ResolvedIntrospection } from './options.ts'
import { reasonOf } from '../core/failure-reason.ts'
import { judged, type IntrospectionRules } from './claims.ts'
import { createIntrospect } from './client.ts'
import type { TokenOutcome } from '../tokens/verifier.ts'

/** Milliseconds for which it is remembered that a token does not hold. */
const refusedFor = 5000
/** Calls under way at once: further tokens get 503, or made-up ones would pile up while the issuer hangs. */
const maxCalls = 256
/** What RFC 6750 lets a token be made of, and the colon that some issuers use. */
const sendable = /^[\w.~+/:-]+=*$/

/** Opaque tokens, whose issuer says what they are. */
export interface Introspection {
  /**
   * Calls back once: at once where the answer is known. What it gives is shared: copy the identity. Doesn't know of
   * revocation.
   */
  verify(token: string, done: (outcome: TokenOutcome) => void): void
}

interface Answer {
  readonly outcome: TokenOutcome
  /** Milliseconds since 1970. */
  readonly until: number
}

export function createIntrospection(
  options: ResolvedIssuer & { introspection: ResolvedIntrospection },
  { cache: limit, clockTolerance: tolerance }: { cache: number; clockTolerance: number },
  log: FastifyBaseLogger
): Introspection {
  const { issuer, introspection, rolesClaim } = options
  const introspect = createIntrospect(issuer, introspection)
  const rules: IntrospectionRules = {
    issuer,
    audience: [options.audience].flat(),
    requiredClaims: options.requiredClaims ?? ['aud', 'sub'],
    clockTolerance: tolerance * 1000
  }
  // Apart, so that made-up tokens push no good one out.
  const good = new BoundedMap<Answer>(limit)
  const bad = new BoundedMap<Answer>(limit)
  const calls = new Map<string, Promise<TokenOutcome>>()
  let failing = false

  const remembered = (answers: BoundedMap<Answer>, key: string): TokenOutcome | undefined => {
    const found = answers.get(key)
    if (found === undefined || found.until > Date.now()) return found?.outcome
    answers.delete(key)
    return undefined
  }
  const remember = (answers: BoundedMap<Answer>, key: string, outcome: TokenOutcome, until: number): void => {
    if (limit === 0 || introspection.cacheFor === 0) return
    answers.set(key, { outcome, until })
  }
  const told = (failed: boolean, reason?: string): void => {
    if (failed === failing) return
    failing = failed
    if (failed) log.warn({ issuer, reason }, 'auth: the issuer cannot be asked about tokens')
    else log.info({ issuer }, 'auth: the issuer answers about tokens again')
  }

  async function ask(token: string, key: string): Promise<TokenOutcome> {
    let claims: Record<string, unknown>
    try {
      claims = await introspect(token)
    } catch (error) {
      told(true, reasonOf(error))
      return { unavailable: 1, asked: true }
    }
    told(false)
    const result = judged(claims, rules)
    const now = Date.now()
    if (!('claims' in result)) {
      remember(bad, key, result, now + Math.min(introspection.cacheFor, refusedFor))
      return result
    }
    const identity = identityOf('jwt', result.claims, rolesClaim)
    const { exp } = result.claims
    const ends = typeof exp === 'number' ? exp * 1000 + rules.clockTolerance : Infinity
    remember(good, key, { identity }, Math.min(now + introspection.cacheFor, ends))
    return { identity }
  }

  return {
    verify(token, done) {
      if (!sendable.test(token)) return done({ refused: 'invalid' })
      const key = hash('sha256', token, 'base64url')
      const known = remembered(good, key) ?? remembered(bad, key)
      if (known !== undefined) return done(known)
      let call = calls.get(key)
      if (call === undefined) {
        if (calls.size >= maxCalls) return done({ unavailable: 1, asked: true })
        call = ask(token, key).finally(() => calls.delete(key))
        calls.set(key, call)
      }
      call.then(done, () => done({ unavailable: 1, asked: true }))
    }
  }
}
