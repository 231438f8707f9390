import { nameErrorClass, PluginError } from '@seaworthy/internal'
import type { Unavailable } from './token-outcome.ts'

/**
 * The codes of {@link AuthError}. Those with `FST_JWT_` are `@fastify/jwt`'s, for `request.jwtVerify()`.
 *
 * @example
 * const retryable: readonly AuthErrorCode[] = ['AUTH_STORE_UNAVAILABLE', 'AUTH_KEYS_UNAVAILABLE']
 */
export type AuthErrorCode =
  | 'AUTH_CALLBACK_TIMEOUT'
  | 'AUTH_CROSS_SITE'
  | 'AUTH_DPOP_REQUIRED'
  | 'AUTH_FORBIDDEN'
  | 'AUTH_INSUFFICIENT_AUTHENTICATION'
  | 'AUTH_INTROSPECTION_UNAVAILABLE'
  | 'AUTH_INVALID_API_KEY'
  | 'AUTH_INVALID_CREDENTIALS'
  | 'AUTH_INVALID_DPOP_PROOF'
  | 'AUTH_INVALID_TOKEN'
  | 'AUTH_KEYS_UNAVAILABLE'
  | 'AUTH_LOGIN_INVALID'
  | 'AUTH_LOGIN_REJECTED'
  | 'AUTH_LOGINS_BUSY'
  | 'AUTH_LOGOUT_FAILED'
  | 'AUTH_LOGOUT_TOKEN_INVALID'
  | 'AUTH_NOT_CONFIGURED'
  | 'AUTH_PROVIDER_UNAVAILABLE'
  | 'AUTH_REFRESH_INVALID'
  | 'AUTH_REQUIRED'
  | 'AUTH_SESSION_TOO_LARGE'
  | 'AUTH_STATE_INVALID'
  | 'AUTH_STORE_UNAVAILABLE'
  | 'AUTH_TOKEN_EXPIRED'
  | 'AUTH_TOKEN_REVOKED'
  | 'AUTH_TOO_MANY_ATTEMPTS'
  | 'AUTH_TOO_MANY_SESSIONS'
  | 'AUTH_UNMARKED_ROUTE'
  | 'AUTH_USE_DPOP_NONCE'
  | 'FST_JWT_AUTHORIZATION_TOKEN_EXPIRED'
  | 'FST_JWT_AUTHORIZATION_TOKEN_INVALID'
  | 'FST_JWT_AUTHORIZATION_TOKEN_UNTRUSTED'
  | 'FST_JWT_NO_AUTHORIZATION_IN_HEADER'

/**
 * The error of every request that this package rejects. Recognise it by `code`; the message may be shown, `cause` may
 * not.
 *
 * @example
 * app.setErrorHandler((error, _request, reply) => {
 *   if (error instanceof AuthError && error.code === 'AUTH_TOKEN_EXPIRED') return reply.code(401).send({ refresh: true })
 *   throw error
 * })
 */
export class AuthError extends PluginError<AuthErrorCode> {
  static {
    nameErrorClass(this, 'AuthError')
  }
}

/** The text that a parameter may have without escapes (RFC 6750, 3). */
const parameterText = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/

/**
 * A challenge for `WWW-Authenticate`: `Bearer realm="api", error="invalid_token"`. No value comes from the client. One that
 * no header can have, such as a scope in another script, is left out.
 */
export function challenge(scheme: string, realm: string, parameters: Record<string, string> = {}): string {
  const rest = Object.entries(parameters)
    .filter(([, value]) => parameterText.test(value))
    .map(([name, value]) => `, ${name}="${value}"`)
  return `${scheme} realm="${realm}"${rest.join('')}`
}

/** 401 Unauthorized with one or several challenges. */
export const unauthorized = (
  code: AuthErrorCode,
  message: string,
  challenges: string | readonly string[]
): AuthError => new AuthError(message, { code, statusCode: 401, headers: { 'www-authenticate': challenges } })

/** 401 for a bearer token that is not valid, with the challenge of RFC 6750. */
export const invalidToken = (realm: string, message: string, code: AuthErrorCode): AuthError =>
  unauthorized(
    code,
    message,
    challenge('Bearer', realm, { error: 'invalid_token', error_description: message })
  )

/** 503 Service Unavailable with `Retry-After`, in seconds: something that the decision needs is out of reach. */
export const unavailable = (
  code: AuthErrorCode,
  message: string,
  retryAfter: number,
  cause?: unknown
): AuthError =>
  new AuthError(message, { code, statusCode: 503, headers: { 'retry-after': retryAfter }, cause })

/** 503 for a token that cannot be verified now, without the issuer's keys or its introspection. */
export const verificationUnavailable = ({ unavailable: part, retryAfter }: Unavailable): AuthError =>
  part === 'keys'
    ? unavailable('AUTH_KEYS_UNAVAILABLE', "The issuer's keys are not available", retryAfter)
    : unavailable('AUTH_INTROSPECTION_UNAVAILABLE', 'Token introspection is not available', retryAfter)

/** 503 for a request that needs Redis while it does not answer. */
export const storeUnavailable = (message: string, cause?: unknown): AuthError =>
  unavailable('AUTH_STORE_UNAVAILABLE', message, 1, cause)

/** 403 for a login above the number of sessions that a user may have. */
export const tooManySessions = (): AuthError =>
  new AuthError('You are logged in too many times', { code: 'AUTH_TOO_MANY_SESSIONS', statusCode: 403 })

/** 500 for a session that no browser would keep. */
export const sessionTooLarge = (): AuthError =>
  new AuthError('The session does not fit into its cookie', {
    code: 'AUTH_SESSION_TOO_LARGE',
    statusCode: 500
  })

/** 429 with `Retry-After`. @param wait - **Milliseconds**. */
export const tooManyAttempts = (wait: number): AuthError =>
  new AuthError('Too many attempts, try again later', {
    code: 'AUTH_TOO_MANY_ATTEMPTS',
    statusCode: 429,
    headers: { 'retry-after': Math.ceil(wait / 1000) }
  })
