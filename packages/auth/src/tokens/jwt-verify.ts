import type { FastifyRequest } from 'fastify'
import { invalidToken, verificationUnavailable, type AuthError } from '../core/errors.ts'
import { identityOf } from '../core/identity.ts'
import type { TokenOutcome } from '../core/token-outcome.ts'
import type { TokenBinding } from '../dpop/binding.ts'
import type { Revocations } from '../revocation/revocations.ts'
import { decodeUnverified, isCanonical } from '../core/token-text.ts'
import { isSoundAccessToken } from './claim-rules.ts'
import { challengesOf } from './scheme.ts'
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
  /** Milliseconds. */
  readonly clockTolerance: number
  readonly maxLength: number
  /** With the option `jwt.dpop`. */
  readonly binding: TokenBinding | undefined
  /** The keys that verify the app's tokens now: the current one first. */
  readonly keys: () => readonly (string | Buffer)[]
  /** Finds the token as `@fastify/jwt` does. Throws if there is none. */
  readonly lookup: (request: FastifyRequest, options: VerifyOptions | undefined) => string
}

const textOrNone = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

// The codes of @fastify/jwt: apps that migrate from there look for them.
const invalidCode = 'FST_JWT_AUTHORIZATION_TOKEN_INVALID'

/**
 * Makes `request.jwtVerify()`. It accepts the tokens that `authenticate` accepts: of all keys and issuers, unless they
 * are revoked. With options in the call, `original`, that of `@fastify/jwt`, then applies them to the app's tokens.
 */
export function createJwtVerify(
  { verifier, revocations, realm, clockTolerance, maxLength, keys, lookup, binding }: JwtVerifyDependencies,
  original?: RequestVerify
): RequestVerify {
  const soundRules = { clockTolerance, type: undefined }
  const [keyOfStart] = keys()

  function checkOutcome(
    outcome: TokenOutcome,
    token: string,
    request: FastifyRequest,
    callback: VerifyCallback
  ): void {
    if ('unavailable' in outcome) return callback(verificationUnavailable(outcome))
    if ('rejected' in outcome) {
      return outcome.rejected === 'expired'
        ? callback(invalidToken(realm, 'The token has expired', 'FST_JWT_AUTHORIZATION_TOKEN_EXPIRED'))
        : callback(invalidToken(realm, 'The token is not valid', invalidCode))
    }
    const { identity } = outcome
    const stale = revocations.staleness()
    if (stale) return callback(stale)
    if (revocations.isRevoked(identity.user, identity.issuer)) {
      const code = 'FST_JWT_AUTHORIZATION_TOKEN_UNTRUSTED'
      return callback(invalidToken(realm, 'The token has been revoked', code))
    }
    const accept = (error: Error | null): void => {
      if (error) return callback(error)
      request.identity = identity
      request.user = identity.user
      callback(null, identity.user)
    }
    if (binding === undefined) accept(null)
    else binding.check(request, token, identity, accept)
  }

  const withChallenge = (error: Error): Error =>
    Object.assign(error, { headers: { 'www-authenticate': challengesOf(realm, binding) } })

  /** Finds the token, or ends the call. */
  function lookUp(
    request: FastifyRequest,
    options: VerifyOptions | undefined,
    callback: VerifyCallback
  ): string | undefined {
    try {
      return lookup(request, options)
    } catch (error) {
      const failure = error as AuthError
      callback(failure.statusCode === 401 ? withChallenge(failure) : failure)
      return undefined
    }
  }

  function verifyRequest(
    request: FastifyRequest,
    options: VerifyOptions | undefined,
    callback: VerifyCallback
  ): void {
    const token = lookUp(request, options, callback)
    if (token === undefined) return
    verifier.verify(token, (outcome) => checkOutcome(outcome, token, request, callback))
  }

  /** `@fastify/jwt` reads bearer tokens only. */
  function fromDpop(request: FastifyRequest, options: VerifyOptions): VerifyOptions {
    const token = binding?.tokenOf(request.headers)
    if (token === undefined) return options
    const verify = (options.verify ?? options) as VerifyOptions
    if (verify.extractToken !== undefined || verify.onlyCookie === true) return options
    const extractToken = (): string => token
    return options.verify ? { ...options, verify: { ...verify, extractToken } } : { ...options, extractToken }
  }

  /** Tries each key, because `@fastify/jwt` has only the one of the start. */
  function verifyWithOptions(
    request: FastifyRequest,
    options: VerifyOptions,
    callback: VerifyCallback,
    all: readonly (string | Buffer)[] = keys(),
    index = 0
  ): void {
    const { verify } = options as { verify?: VerifyOptions }
    const callerKey = (verify ?? options).key
    const key = callerKey ?? all[index]
    const withKey = verify ? { ...options, verify: { ...verify, key } } : { ...options, key }
    original!.call(request, fromDpop(request, key === keyOfStart ? options : withKey), (error, user) => {
      const hasNext = index + 1 < all.length && callerKey === undefined
      if (hasNext && (error as { code?: string } | null)?.code === invalidCode)
        return verifyWithOptions(request, options, callback, all, index + 1)
      callback(error, user)
    })
  }

  /** Applies the rules of `authenticate`, and then those of the call. */
  function verifyStrictly(request: FastifyRequest, options: VerifyOptions, callback: VerifyCallback): void {
    const rules = (options.verify ?? options) as VerifyOptions
    const { identity, user: userBefore } = request
    const finish = (error: Error | null, user?: unknown): void => {
      if (error === null) return callback(null, user)
      request.identity = identity
      request.user = userBefore
      callback(error)
    }
    /** The rules of the call, and those that hold for every token if the call brings a key of its own. */
    const applyOptions = (token: string): void => {
      verifyWithOptions(request, options, (error, user) => {
        if (error !== null) return finish(asRejection(error))
        const header = decodeUnverified(token, 'header') ?? {}
        const claims = decodeUnverified(token, 'claims') ?? {}
        if (
          token.length > maxLength ||
          !isCanonical(token) ||
          !isSoundAccessToken(header, claims, soundRules)
        )
          return finish(invalidToken(realm, 'The token is not valid', invalidCode))
        const stale = revocations.staleness()
        if (stale) return finish(stale)
        const found = identityOf('jwt', claims, { issuer: textOrNone(claims.iss) })
        const accept = (failure: Error | null): void => {
          if (failure === null) request.identity ??= found
          finish(failure, user)
        }
        if (binding === undefined) accept(null)
        else binding.check(request, token, found, accept)
      })
    }

    const token = lookUp(request, rules, finish)
    if (token === undefined) return
    // Only these make a token valid that `authenticate` rejects.
    const takesOthers = rules.key !== undefined || rules.ignoreExpiration === true
    if (takesOthers) return applyOptions(token)
    verifier.verify(token, (outcome) =>
      checkOutcome(outcome, token, request, (error) => (error ? finish(error) : applyOptions(token)))
    )
  }

  /** An error of the token is 401; one of the app's options stays as it is. */
  function asRejection(error: Error): Error {
    const { code = '', statusCode } = error as { code?: string; statusCode?: number }
    if (statusCode === 401) return withChallenge(error)
    const isOfToken = code.startsWith('FAST_JWT_') && code !== 'FAST_JWT_INVALID_OPTION'
    return isOfToken ? invalidToken(realm, 'The token is not valid', invalidCode) : error
  }

  function start(
    request: FastifyRequest,
    options: VerifyOptions | undefined,
    callback: VerifyCallback
  ): void {
    const names = Object.keys(options ?? {}).filter((name) => name !== 'onlyCookie')
    if (names.length === 0) return verifyRequest(request, options, callback)
    if (original) return verifyStrictly(request, options!, callback)
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
