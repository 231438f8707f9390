import { invalid, type Claims, type VerificationResult } from '../core/token-outcome.ts'
import { isAccessToken } from './token-kind.ts'
import type { IssuerRules } from './types.ts'

const hasClaim = (claims: Claims, name: string): boolean =>
  Object.hasOwn(claims, name) && claims[name] !== null

/** RFC 7519, 4.1.3: the audience is a text or a list of texts. */
const includesAudience = (audience: unknown, accepted: readonly string[]): boolean =>
  Array.isArray(audience)
    ? audience.every((entry) => typeof entry === 'string') &&
      audience.some((entry) => accepted.includes(entry))
    : accepted.includes(audience as string)

/** Whether a claim is a date in seconds. JSON can have numbers that become `Infinity`. */
const isDate = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)

function isValid(header: Claims, claims: Claims, rules: IssuerRules): boolean {
  const { iss, aud, exp, iat } = claims
  // Extensions that a verifier must understand: none is supported.
  if (header.crit !== undefined || header.b64 !== undefined) return false
  if (iss !== rules.name || !includesAudience(aud, rules.audiences) || !isDate(exp)) return false
  if (iat !== undefined && !(isDate(iat) && iat * 1000 <= Date.now() + rules.clockTolerance)) return false
  for (const name of rules.requiredClaims) if (!hasClaim(claims, name)) return false
  return isAccessToken(header, claims, rules.type)
}

/**
 * Checks the claims of a token whose signature, algorithm, `exp`, `nbf` and, if configured, `typ` a library has
 * verified. The other rules are here, because each library has different options for them.
 */
export const checkClaims = (header: Claims, claims: Claims, rules: IssuerRules): VerificationResult =>
  isValid(header, claims, rules) ? { claims, generation: 0 } : invalid
