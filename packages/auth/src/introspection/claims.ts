import { expired, invalid, type Claims, type VerificationResult } from '../core/token-outcome.ts'
import { statesAccess } from '../core/token-kind.ts'

export interface IntrospectionRules {
  issuer: string
  audiences: readonly string[]
  requiredClaims: readonly string[]
  /** Milliseconds. */
  clockTolerance: number
  /** Whether tokens can be bound to a key. */
  acceptsDpop: boolean
}

const accessKinds = /^(?:bearer|access|access[_-]token|(?:at\+)?jwt)$/i

/** Whether a claim is present: some issuers send empty ones. */
const isPresent = (value: unknown): boolean =>
  value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0)

/** Whether the result describes an access token: issuers also accept refresh tokens at the endpoint. */
function isAccess(claims: Claims, acceptsDpop: boolean): boolean {
  const { token_type, token_use, typ, nonce, at_hash, c_hash } = claims
  if (at_hash !== undefined || c_hash !== undefined) return false
  // As in a token that is verified here.
  if (nonce !== undefined && !statesAccess(undefined, claims)) return false
  const isAccessKind = (kind: unknown): boolean =>
    typeof kind === 'string' && (accessKinds.test(kind) || (acceptsDpop && /^dpop$/i.test(kind)))
  return [token_type, token_use, typ].every((kind) => !isPresent(kind) || isAccessKind(kind))
}

const isDateOrAbsent = (value: unknown): value is number | undefined =>
  value === undefined || (typeof value === 'number' && Number.isFinite(value))

/** Checks an introspection result. `active` alone is not enough: the token may be for another service. */
export function checkIntrospection(claims: Claims, rules: IntrospectionRules): VerificationResult {
  const { active, ...rest } = claims
  const { iss, aud, sub, exp, nbf, iat } = rest
  if (active !== true || !isAccess(claims, rules.acceptsDpop)) return invalid
  if (!rules.requiredClaims.every((name) => isPresent(claims[name]))) return invalid
  if (isPresent(iss) && iss !== rules.issuer) return invalid
  if (isPresent(aud) && ![aud].flat().some((entry) => rules.audiences.includes(entry as string)))
    return invalid
  if (isPresent(sub) && typeof sub !== 'string') return invalid
  if (!isDateOrAbsent(exp) || !isDateOrAbsent(nbf) || !isDateOrAbsent(iat)) return invalid
  const now = Date.now()
  if (exp !== undefined && exp * 1000 + rules.clockTolerance <= now) return expired
  const latest = now + rules.clockTolerance
  const isFuture = (date: number | undefined): boolean => date !== undefined && date * 1000 > latest
  return isFuture(nbf) || isFuture(iat) ? invalid : { claims: rest, generation: 0 }
}
