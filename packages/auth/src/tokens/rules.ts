import type { SignatureAlgorithm } from './algorithms.ts'
import { isAccessToken } from './token-kind.ts'

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
  audience: string | readonly string[]
  algorithms: readonly SignatureAlgorithm[]
  requiredClaims: readonly string[]
  type: string | undefined
  /** Milliseconds. */
  clockTolerance: number
  rolesClaim: string | undefined
}

/** The claims that must be there: the issuer's, and those that are compared. */
export const requiredOf = (rules: IssuerRules): string[] => [
  ...new Set([...rules.requiredClaims, 'exp', 'iss', 'aud'])
]

/** What the libraries leave open: extensions, dates in the future, other tokens shown as access tokens. */
function isAcceptable(header: Claims, payload: Claims, rules: IssuerRules): boolean {
  if (header.crit !== undefined || header.b64 !== undefined) return false
  if (typeof payload.iss !== 'string' || !(typeof payload.exp === 'number' && Number.isFinite(payload.exp)))
    return false
  if (payload.iat !== undefined) {
    if (typeof payload.iat !== 'number' || payload.iat * 1000 > Date.now() + rules.clockTolerance)
      return false
  }
  return isAccessToken(header, payload, rules.type)
}

/** The outcome for a token whose signature and standard claims a library has verified. */
export const concluded = (header: Claims, payload: Claims, rules: IssuerRules): Verified =>
  isAcceptable(header, payload, rules) ? { claims: payload, generation: 0 } : { refused: 'invalid' }
