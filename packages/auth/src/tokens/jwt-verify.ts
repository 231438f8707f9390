import type { FastifyRequest } from 'fastify'
import { AuthError, challenge, undecided } from '../core/errors.ts'
import type { Revocations } from '../revocation/revocations.ts'
import type { TokenOutcome, TokenVerifier } from './verifier.ts'

export type Next = (error: Error | null, user?: unknown) => void
export type Options = Record<string, unknown>
/** `request.jwtVerify()`, as a promise or with a callback. */
export type RequestVerify = (this: FastifyRequest, options?: Options | Next, next?: Next) => unknown

export interface JwtVerifyParts {
  verifier: TokenVerifier
  revocations: Revocations
  realm: string
  /** What verifies the app's own tokens: the current key, then those on their way out. */
  keys: readonly string[]
  /** Finds the token as @fastify/jwt does; throws where there is none. */
  lookup: (request: FastifyRequest, options: Options | undefined) => string
}

// What is refused has the codes of @fastify/jwt: apps that come from there look for them.
const invalid = 'FST_JWT_AUTHORIZATION_TOKEN_INVALID'

/**
 * `request.jwtVerify()` takes what `authenticate` takes: all keys, all issuers, no revoked token. Where it is called with
 * rules of its own, `own` (that of @fastify/jwt) applies them, to the app's own tokens.
 */
export function jwtVerifyOf(
  { verifier, revocations, realm, keys, lookup }: JwtVerifyParts,
  own?: RequestVerify
): RequestVerify {
  const refuse = (code: string, description: string): AuthError =>
    new AuthError(code, 401, description, {
      headers: {
        'www-authenticate': challenge('Bearer', realm, {
          error: 'invalid_token',
          error_description: description
        })
      }
    })

  function conclude(outcome: TokenOutcome, request: FastifyRequest, next: Next): void {
    if ('identity' in outcome) {
      const { identity } = outcome
      const stale = revocations.staleness()
      if (stale) return next(stale)
      if (revocations.isRevoked(identity.user))
        return next(refuse('FST_JWT_AUTHORIZATION_TOKEN_UNTRUSTED', 'The token has been revoked'))
      request.identity = identity
      request.user = identity.user
      return next(null, identity.user)
    }
    if ('unavailable' in outcome) return next(undecided(outcome))
    if (outcome.refused === 'expired')
      return next(refuse('FST_JWT_AUTHORIZATION_TOKEN_EXPIRED', 'The token has expired'))
    next(refuse(invalid, 'The token is not valid'))
  }

  function plain(request: FastifyRequest, options: Options | undefined, next: Next): void {
    let token: string
    try {
      token = lookup(request, options)
    } catch (error) {
      const refusal = error as AuthError
      const headers = { 'www-authenticate': challenge('Bearer', realm) }
      return next(refusal.statusCode === 401 ? Object.assign(refusal, { headers }) : refusal)
    }
    verifier.verify(token, (outcome) => conclude(outcome, request, next))
  }

  /** With each key in turn: @fastify/jwt knows the first alone. */
  function withRules(request: FastifyRequest, options: Options, next: Next, index = 0): void {
    const { verify } = options as { verify?: Options }
    const { key: given } = verify ?? options
    const key = given ?? keys[index]
    const changed =
      index === 0 ? options : verify ? { ...options, verify: { ...verify, key } } : { ...options, key }
    own!.call(request, changed, (error, user) => {
      const again = index + 1 < keys.length && given === undefined
      if (again && (error as AuthError | null)?.code === invalid)
        return withRules(request, options, next, index + 1)
      next(error, user)
    })
  }

  function start(request: FastifyRequest, options: Options | undefined, next: Next): void {
    const rules = Object.keys(options ?? {}).filter((name) => name !== 'onlyCookie')
    if (rules.length === 0) return plain(request, options, next)
    if (own) return withRules(request, options!, next)
    const message = `auth: request.jwtVerify takes no options where the app has no key of its own, got ${rules.join(', ')}`
    next(new Error(`${message}: put the rules into "jwt.issuers"`))
  }

  return function jwtVerify(options, next): unknown {
    const [rules, callback] = typeof options === 'function' ? [undefined, options] : [options, next]
    if (callback) return start(this, rules, callback)
    return new Promise((resolve, reject) => {
      start(this, rules, (error, user) => (error ? reject(error) : resolve(user)))
    })
  }
}
