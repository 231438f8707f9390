import type { FastifyRequest } from 'fastify'
import { challenge, invalidToken, verificationUnavailable, type AuthError } from '../core/errors.ts'
import type { TokenOutcome } from '../core/token-outcome.ts'
import type { Revocations } from '../revocation/revocations.ts'
import type { TokenVerifier } from './verifier.ts'

export type VerifyCallback = (error: Error | null, user?: unknown) => void
export type VerifyOptions = Record<string, unknown>
/** `request.jwtVerify()`, as a promise or with a callback. */
export type RequestVerify = (
  this: FastifyRequest,
  options?: VerifyOptions | VerifyCallback,
  callback?: VerifyCallback
) => unknown

export interface JwtVerifyDependencies {
  readonly verifier: TokenVerifier
  readonly revocations: Revocations
  readonly realm: string
  /** The keys that verify the app's tokens: the current one first. */
  readonly keys: readonly string[]
  /** Finds the token as `@fastify/jwt` does. Throws if there is none. */
  readonly lookup: (request: FastifyRequest, options: VerifyOptions | undefined) => string
}

// The codes of @fastify/jwt: apps that migrate from there look for them.
const invalidCode = 'FST_JWT_AUTHORIZATION_TOKEN_INVALID'

/**
 * Makes `request.jwtVerify()`. It accepts the tokens that `authenticate` accepts: of all keys and issuers, unless they
 * are revoked. With options in the call, `original`, that of `@fastify/jwt`, applies them to the app's tokens.
 */
export function createJwtVerify(
  { verifier, revocations, realm, keys, lookup }: JwtVerifyDependencies,
  original?: RequestVerify
): RequestVerify {
  function checkOutcome(outcome: TokenOutcome, request: FastifyRequest, callback: VerifyCallback): void {
    if ('unavailable' in outcome) return callback(verificationUnavailable(outcome))
    if ('rejected' in outcome) {
      return outcome.rejected === 'expired'
        ? callback(invalidToken(realm, 'The token has expired', 'FST_JWT_AUTHORIZATION_TOKEN_EXPIRED'))
        : callback(invalidToken(realm, 'The token is not valid', invalidCode))
    }
    const { identity } = outcome
    const stale = revocations.staleness()
    if (stale) return callback(stale)
    if (revocations.isRevoked(identity.user)) {
      const code = 'FST_JWT_AUTHORIZATION_TOKEN_UNTRUSTED'
      return callback(invalidToken(realm, 'The token has been revoked', code))
    }
    request.identity = identity
    request.user = identity.user
    callback(null, identity.user)
  }

  function verifyRequest(
    request: FastifyRequest,
    options: VerifyOptions | undefined,
    callback: VerifyCallback
  ): void {
    let token: string
    try {
      token = lookup(request, options)
    } catch (error) {
      const failure = error as AuthError
      const headers = { 'www-authenticate': challenge('Bearer', realm) }
      return callback(failure.statusCode === 401 ? Object.assign(failure, { headers }) : failure)
    }
    verifier.verify(token, (outcome) => checkOutcome(outcome, request, callback))
  }

  /** Tries each key, because `@fastify/jwt` has only the first. */
  function verifyWithOptions(
    request: FastifyRequest,
    options: VerifyOptions,
    callback: VerifyCallback,
    index = 0
  ): void {
    const { verify } = options as { verify?: VerifyOptions }
    const callerKey = (verify ?? options).key
    const key = callerKey ?? keys[index]
    const withKey = verify ? { ...options, verify: { ...verify, key } } : { ...options, key }
    original!.call(request, index === 0 ? options : withKey, (error, user) => {
      const hasNext = index + 1 < keys.length && callerKey === undefined
      if (hasNext && (error as { code?: string } | null)?.code === invalidCode)
        return verifyWithOptions(request, options, callback, index + 1)
      callback(error, user)
    })
  }

  function start(
    request: FastifyRequest,
    options: VerifyOptions | undefined,
    callback: VerifyCallback
  ): void {
    const names = Object.keys(options ?? {}).filter((name) => name !== 'onlyCookie')
    if (names.length === 0) return verifyRequest(request, options, callback)
    if (original) return verifyWithOptions(request, options!, callback)
    const message = `auth: request.jwtVerify takes no options without "jwt.secret" and "jwt.key", got ${names.join(', ')}`
    callback(new Error(`${message}: put the rules into "jwt.issuers"`))
  }

  return function jwtVerify(first, second): unknown {
    const [options, callback] = typeof first === 'function' ? [undefined, first] : [first, second]
    if (callback) return start(this, options, callback)
    return new Promise((resolve, reject) => {
      start(this, options, (error, user) => (error ? reject(error) : resolve(user)))
    })
  }
}
