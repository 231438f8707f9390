import type { Identity } from './identity.ts'

/** The claims or the header of a token. */
export type Claims = Record<string, unknown>

/** The token is not valid. */
export interface Rejected {
  readonly rejected: 'expired' | 'invalid'
  /** Whether another key could verify it. */
  readonly hasWrongSignature?: true
}

/** The token cannot be verified now: the issuer's keys, or its introspection, are out of reach. */
export interface Unavailable {
  readonly unavailable: 'keys' | 'introspection'
  /** Seconds until a retry makes sense. */
  readonly retryAfter: number
}

/** The result of verifying a token by the rules of its issuer. `generation` is that of the issuer's keys. */
export type VerificationResult =
  | { readonly claims: Claims; readonly generation: number }
  | Rejected
  | Unavailable

/** The identity of a token, or the reason why there is none. */
export type TokenOutcome = { readonly identity: Identity } | Rejected | Unavailable

export const invalid: Rejected = { rejected: 'invalid' }
export const wrongSignature: Rejected = { rejected: 'invalid', hasWrongSignature: true }
export const expired: Rejected = { rejected: 'expired' }
