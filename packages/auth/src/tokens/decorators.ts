import type { FastifyRequest } from 'fastify'
import type { DecoderOptions, SignerOptions, VerifierOptions } from 'fast-jwt'
import type { Overridable } from '@seaworthy/contract'
import type { AuthUser } from '../core/identity.ts'
import type { AnyRequest } from '../types/requests.ts'

/* oxlint-disable typescript/no-unnecessary-type-parameters -- as in @fastify/jwt: the caller states the type of the claims */

// The decorators of @fastify/jwt, which `jwt` registers, in types that give way to the app's.

/**
 * The payload of a token: claims, or a text.
 *
 * @example
 * const payload: JwtPayload = { sub: 'ada', roles: ['editor'] }
 * app.jwt.sign(payload)
 */
export type JwtPayload = string | object | Buffer

/**
 * Options of signing, besides those of the option `jwt`.
 *
 * @example
 * const options: JwtSignOptions = { expiresIn: '5m' }
 * app.jwt.sign({ sub: 'ada' }, options)
 */
export interface JwtSignOptions extends Omit<SignerOptions, 'expiresIn' | 'notBefore'> {
  /**
   * The lifetime. **Seconds**, at least 1, or a text with a unit: `'15m'`.
   *
   * @defaultValue none: `jwt.expiresIn`
   */
  expiresIn?: number | string

  /**
   * The time until the token becomes valid. **Seconds**, at least 0, or a text with a unit.
   *
   * @defaultValue none: valid at once
   */
  notBefore?: number | string

  /**
   * Another key for this token.
   *
   * @defaultValue none: the key of the option `jwt`
   */
  key?: string | Buffer
}

/**
 * Options of verification, besides those of the option `jwt`.
 *
 * @example
 * const options: JwtVerifyOptions = { allowedSub: 'ada' }
 * app.jwt.verify(app.jwt.sign({ sub: 'ada' }), options)
 */
export interface JwtVerifyOptions extends Omit<VerifierOptions, 'maxAge'> {
  /**
   * The highest age of a token, by its `iat`. **Seconds**, at least 1, or a text with a unit.
   *
   * @defaultValue none: only `exp` counts
   */
  maxAge?: number | string

  /**
   * Whether the token is read only from the cookie.
   *
   * @defaultValue false
   */
  onlyCookie?: boolean

  /**
   * Another key for this token.
   *
   * @defaultValue none: the keys of the option `jwt`
   */
  key?: string | Buffer
}

/**
 * Options for one request's token.
 *
 * @example
 * const options: JwtRequestOptions = { verify: { allowedSub: 'ada' } }
 * app.get('/token', async (request) => app.jwt.lookupToken(request, options.verify))
 */
export interface JwtRequestOptions {
  /**
   * Options of reading the token without verification.
   *
   * @defaultValue none: those of @fastify/jwt
   */
  decode?: DecoderOptions

  /**
   * Options of verification, and where the token is read from.
   *
   * @defaultValue none: those of the option `jwt`
   */
  verify?: JwtVerifyOptions & { extractToken?: (request: FastifyRequest) => string | void }
}

type Callback<Value> = (error: Error | null, value: Value) => void

/**
 * `app.jwt`, if the app has a key (`jwt.secret` or `jwt.key`).
 *
 * @example
 * const token = app.jwt.sign({ sub: 'ada' }, { expiresIn: '5m' })
 * console.log(app.jwt.decode(token))
 */
export interface Jwt {
  options: { decode: DecoderOptions; sign: JwtSignOptions; verify: JwtVerifyOptions }
  cookie?: { cookieName: string; signed: boolean }

  sign(payload: JwtPayload, options?: JwtSignOptions): string
  sign(payload: JwtPayload, callback: Callback<string>): void
  sign(payload: JwtPayload, options: JwtSignOptions, callback: Callback<string>): void

  verify<Claims extends object | string = AuthUser>(token: string, options?: JwtVerifyOptions): Claims
  verify<Claims extends object | string = AuthUser>(token: string, callback: Callback<Claims>): void
  verify<Claims extends object | string = AuthUser>(
    token: string,
    options: JwtVerifyOptions,
    callback: Callback<Claims>
  ): void

  /** Reads a token without verifying it. */
  decode<Claims extends object | string = Record<string, unknown>>(
    token: string,
    options?: DecoderOptions
  ): Claims | null

  /** The text of the request's token. @throws Error if there is none. */
  lookupToken(request: AnyRequest, options?: JwtRequestOptions['verify']): string
}

/**
 * `reply.jwtSign`.
 *
 * @example
 * app.get('/token', async (_request, reply) => ({ token: await reply.jwtSign({ sub: 'ada' }) }))
 */
export interface JwtSign {
  (payload: JwtPayload, options?: JwtSignOptions | { sign?: JwtSignOptions }): Promise<string>
  (payload: JwtPayload, callback: Callback<string>): void
  (payload: JwtPayload, options: JwtSignOptions | { sign?: JwtSignOptions }, callback: Callback<string>): void
}

/**
 * `request.jwtVerify`.
 *
 * @example
 * app.get('/me', async (request) => request.jwtVerify<{ sub: string }>())
 */
export interface JwtVerify {
  <Claims extends object | string = AuthUser>(options?: JwtRequestOptions | JwtVerifyOptions): Promise<Claims>
  <Claims extends object | string = AuthUser>(callback: Callback<Claims>): void
  <Claims extends object | string = AuthUser>(
    options: JwtRequestOptions | JwtVerifyOptions,
    callback: Callback<Claims>
  ): void
}

/**
 * `request.jwtDecode`.
 *
 * @example
 * app.get('/claims', async (request) => request.jwtDecode())
 */
export interface JwtDecode {
  <Claims extends object | string = Record<string, unknown>>(options?: JwtRequestOptions): Promise<Claims>
  <Claims extends object | string = Record<string, unknown>>(callback: Callback<Claims>): void
  <Claims extends object | string = Record<string, unknown>>(
    options: JwtRequestOptions,
    callback: Callback<Claims>
  ): void
}

interface TokenInstance {
  /** Signs and verifies single tokens. `app.auth.issueTokens` adds refresh tokens and revocation. */
  jwt: Overridable<this, Jwt>
}

interface TokenRequest {
  /** The user of the request. `null` before authentication, and for an anonymous request on an optional route. */
  user: Overridable<this, AuthUser>
  /** Accepts the tokens that `app.authenticate` accepts, and sets `request.user`. */
  jwtVerify: Overridable<this, JwtVerify>
  /** Reads the request's token without verifying it. */
  jwtDecode: Overridable<this, JwtDecode>
}

interface TokenReply {
  /** Signs a token. */
  jwtSign: Overridable<this, JwtSign>
}

declare module 'fastify' {
  interface FastifyInstance extends TokenInstance {}
  interface FastifyRequest extends TokenRequest {}
  interface FastifyReply extends TokenReply {}
}
