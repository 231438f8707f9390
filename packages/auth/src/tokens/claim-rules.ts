import { invalid, type Claims, type VerificationResult } from '../core/token-outcome.ts'
import { isAccessToken, statesRefresh, type KindRules } from '../core/token-kind.ts'
import type { IssuerRules } from './types.ts'

/** An empty text identifies no user and no client. */
const hasClaim = (claims: Claims, name: string): boolean =>
  Object.hasOwn(claims, name) && claims[name] !== null && claims[name] !== ''

/** RFC 7519, 4.1.3: the audience is a text or a list of texts. */
const includesAudience = (audience: unknown, accepted: readonly string[]): boolean =>
  Array.isArray(audience)
    ? audience.every((entry) => typeof entry === 'string') &&
      audience.some((entry) => accepted.includes(entry))
    : accepted.includes(audience as string)

/** Whether a claim is a date in seconds. JSON can have numbers that become `Infinity`. */
const isDate = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)

/** A text (RFC 7519, 4.1.2), or a number, as apps issue them. An object would be one subject for all who have one. */
const isSubject = (value: unknown): boolean =>
  value === undefined || value === null || typeof value === 'string' || typeof value === 'number'

/** A token without `aud` is for the client that it names, if the issuer's options require that claim. Hydra's is empty. */
const isForAudience = (claims: Claims, { audiences, clientClaims }: IssuerRules): boolean =>
  claims.aud === undefined || (Array.isArray(claims.aud) && claims.aud.length === 0)
    ? clientClaims.some((name) => audiences.includes(claims[name] as string))
    : includesAudience(claims.aud, audiences)

/**
 * The rules for access tokens of all issuers: no extension that must be understood, real dates, and no sign
 * of another kind of token.
 */
export function isSoundAccessToken(
  header: Claims,
  claims: Claims,
  rules: Pick<IssuerRules, 'clockTolerance'> & KindRules
): boolean {
  const { exp, iat } = claims
  // Extensions that a verifier must understand: none is supported.
  if (header.crit !== undefined || header.b64 !== undefined || !isDate(exp)) return false
  if (iat !== undefined && !(isDate(iat) && iat * 1000 <= Date.now() + rules.clockTolerance)) return false
  return isAccessToken(header, claims, rules)
}

function isValid(header: Claims, claims: Claims, rules: IssuerRules): boolean {
  if (claims.iss !== rules.name || !isForAudience(claims, rules)) return false
  for (const name of rules.requiredClaims) if (!hasClaim(claims, name)) return false
  // Apps verify refresh tokens that they sign themselves with request.jwtVerify().
  if (!rules.isApp && statesRefresh(claims)) return false
  return isSubject(claims.sub) && isSoundAccessToken(header, claims, rules)
}

/**
 * Checks the claims of a token whose signature, algorithm, `exp`, `nbf` and, if configured, `typ` a library has
 * verified. The other rules are here, because each library has different options for them.
 */
export const checkClaims = (header: Claims, claims: Claims, rules: IssuerRules): VerificationResult =>
  isValid(header, claims, rules) ? { claims, generation: 0 } : invalid
