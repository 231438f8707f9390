import type { SignatureAlgorithm } from './algorithms.ts'

/** What a verified token says. */
export type Claims = Record<string, unknown>

/** Why a token was refused: `expired`, or something else. Or that its keys can't be had for some seconds. */
export type Verified =
  | { claims: Claims; generation: number }
  | { refused: 'expired' | 'invalid' }
  | { unavailable: number }

/**
 * Verifies a token by the rules of one issuer. Calls back once, whatever the token holds: at once with a secret, later with a
 * public key.
 */
export type Verify = (token: string, done: (result: Verified) => void) => void

/** What the tokens of one issuer must be like. */
export interface IssuerRules {
  name: string
  /** One of which a token must be for. */
  audiences: readonly string[]
  algorithms: readonly SignatureAlgorithm[]
  requiredClaims: readonly string[]
  type: string | undefined
  /** Milliseconds. */
  clockTolerance: number
  rolesClaim: string | undefined
}
