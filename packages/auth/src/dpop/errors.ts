import { challenge, unauthorized, type AuthError, type AuthErrorCode } from '../core/errors.ts'

/** The rejections of RFC 9449, each with a challenge that names the algorithms of proofs. */
export interface DpopErrors {
  /** The challenge for a request without credentials. */
  readonly challenge: string
  /** The token is not valid. */
  invalidToken(message: string, code?: AuthErrorCode): AuthError
  /** The proof is not valid. */
  invalidProof(message: string): AuthError
  /** The proof needs the nonce that the response has in `DPoP-Nonce`. */
  nonceRequired(): AuthError
  /** The request needs a token that is bound to a key, and a proof. */
  required(message: string): AuthError
}

export function dpopErrors(realm: string, algorithms: readonly string[]): DpopErrors {
  const algs = algorithms.join(' ')
  const reject = (code: AuthErrorCode, error: string, message: string): AuthError =>
    unauthorized(code, message, challenge('DPoP', realm, { error, error_description: message, algs }))

  return {
    challenge: challenge('DPoP', realm, { algs }),
    invalidToken: (message, code = 'AUTH_INVALID_TOKEN') => reject(code, 'invalid_token', message),
    invalidProof: (message) => reject('AUTH_INVALID_DPOP_PROOF', 'invalid_dpop_proof', message),
    nonceRequired: () =>
      reject('AUTH_USE_DPOP_NONCE', 'use_dpop_nonce', 'The proof needs the nonce in the header DPoP-Nonce'),
    required: (message) => reject('AUTH_DPOP_REQUIRED', 'invalid_token', message)
  }
}
