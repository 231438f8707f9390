import { clientErrorBrand } from '@seaworthy/contract'

type Headers = Readonly<Record<string, string | number | readonly string[]>>

/**
 * Every refusal of this package. Recognise it by `code`; the message may be shown, `cause` may not.
 *
 * @example
 * if (error.code === 'AUTH_TOKEN_EXPIRED') refresh()
 */
export class AuthError extends Error {
  override readonly name = 'AuthError'
  readonly code: string
  readonly statusCode: number
  readonly headers: Headers | undefined

  constructor(
    code: string,
    statusCode: number,
    message: string,
    { headers, cause }: { headers?: Headers; cause?: unknown } = {}
  ) {
    super(message, cause === undefined ? undefined : { cause })
    Object.defineProperty(this, clientErrorBrand, { value: true })
    this.code = code
    this.statusCode = statusCode
    this.headers = headers
  }
}

/** `Bearer realm="api", error="invalid_token"`; values are ours, never the client's. */
export function challenge(scheme: string, realm: string, parameters: Record<string, string> = {}): string {
  const rest = Object.entries(parameters).map(([name, value]) => `, ${name}="${value}"`)
  return `${scheme} realm="${realm}"${rest.join('')}`
}

/** 401 for a bearer token that does not hold, with the challenge that RFC 6750 asks for. */
export function invalidToken(realm: string, description: string, code = 'AUTH_INVALID_TOKEN'): AuthError {
  const value = challenge('Bearer', realm, { error: 'invalid_token', error_description: description })
  return new AuthError(code, 401, description, { headers: { 'www-authenticate': value } })
}

/** 503: whether a token holds can't be known now, without the issuer's keys or (`asked`) without its answer. */
export const undecided = (found: { unavailable: number; asked?: true }): AuthError =>
  found.asked
    ? unavailable(
        'AUTH_INTROSPECTION_UNAVAILABLE',
        'The issuer cannot be asked about the token right now',
        found.unavailable
      )
    : unavailable(
        'AUTH_KEYS_UNAVAILABLE',
        'The keys to check the token cannot be had right now',
        found.unavailable
      )

/** 503 with Retry-After, in seconds: what is needed to decide can't be had right now. */
export function unavailable(code: string, message: string, retryAfter: number, cause?: unknown): AuthError {
  return new AuthError(code, 503, message, { headers: { 'retry-after': retryAfter }, cause })
}
