import type { VerificationResult } from '../core/token-outcome.ts'
import type { SignatureAlgorithm } from './algorithms.ts'

/**
 * Verifies a token by the rules of one issuer. Calls back once for any token: at once with a secret, later with a
 * public key.
 */
export type Verify = (token: string, done: (result: VerificationResult) => void) => void

/** The rules for the tokens of one issuer. */
export interface IssuerRules {
  /** The `iss` claim. */
  name: string
  /** Whether the app itself is the issuer. */
  isApp: boolean
  /** The `aud` claim must have one of these. */
  audiences: readonly string[]
  algorithms: readonly SignatureAlgorithm[]
  requiredClaims: readonly string[]
  /** The `typ` header, if it must have one value. */
  type: string | undefined
  /** Milliseconds. */
  clockTolerance: number
  /** Claims that stand for `aud` in a token without it. */
  clientClaims: readonly string[]
  rolesClaim: string | undefined
  scopesClaim: string | undefined
}
