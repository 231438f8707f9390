import type { Claims, IssuerRules, Verified } from './types.ts'
import { isAccessToken } from './token-kind.ts'

const isThere = (claims: Claims, name: string): boolean =>
  Object.hasOwn(claims, name) && claims[name] !== null

/** RFC 7519, 4.1.3: a text or a list of texts. */
const isFor = (audience: unknown, ours: readonly string[]): boolean =>
  Array.isArray(audience)
    ? audience.every((each) => typeof each === 'string') && audience.some((each) => ours.includes(each))
    : ours.includes(audience as string)

/** Whether a date is there, in seconds: a number may also be more than numbers hold. */
const isDate = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)

function isAcceptable(header: Claims, claims: Claims, rules: IssuerRules): boolean {
  const { iss, aud, exp, iat } = claims
  // Extensions that would have to be understood.
  if (header.crit !== undefined || header.b64 !== undefined) return false
  if (iss !== rules.name || !isFor(aud, rules.audiences) || !isDate(exp)) return false
  if (iat !== undefined && !(isDate(iat) && iat * 1000 <= Date.now() + rules.clockTolerance)) return false
  for (const name of rules.requiredClaims) if (!isThere(claims, name)) return false
  return isAccessToken(header, claims, rules.type)
}

/**
 * The outcome for a token whose signature, algorithm, `exp`, `nbf` and, where it is given, `typ` a library has verified. The
 * libraries have options for more, each its own: what a token must say is one set of rules, whoever verifies it.
 */
export const concluded = (header: Claims, claims: Claims, rules: IssuerRules): Verified =>
  isAcceptable(header, claims, rules) ? { claims, generation: 0 } : { refused: 'invalid' }
