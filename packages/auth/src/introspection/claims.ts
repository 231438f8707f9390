import type { Claims, Verified } from '../tokens/types.ts'

export interface IntrospectionRules {
  issuer: string
  audience: readonly string[]
  requiredClaims: readonly string[]
  /** Milliseconds. */
  clockTolerance: number
}

const accessKinds = /^(?:bearer|access|access[_-]token|(?:at\+)?jwt)$/i
const given = (value: unknown): boolean =>
  value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0)

/** Whether the answer is of an access token: issuers know refresh tokens by the same endpoint. */
function isAccess({ token_type, token_use, typ, nonce, at_hash, c_hash }: Claims): boolean {
  if (nonce !== undefined || at_hash !== undefined || c_hash !== undefined) return false
  return [token_type, token_use, typ].every(
    (kind) => !given(kind) || (typeof kind === 'string' && accessKinds.test(kind))
  )
}

const isDate = (value: unknown): boolean =>
  value === undefined || (typeof value === 'number' && Number.isFinite(value))

/** What an issuer's answer means here. `active` alone is not enough: it may be about a token for someone else. */
export function judged(claims: Claims, rules: IntrospectionRules): Verified {
  const { active, iss, aud, sub, exp, nbf, iat } = claims
  const refused: Verified = { refused: 'invalid' }
  if (active !== true || !isAccess(claims)) return refused
  if (!rules.requiredClaims.every((name) => given(claims[name]))) return refused
  if (given(iss) && iss !== rules.issuer) return refused
  if (given(aud) && ![aud].flat().some((entry) => rules.audience.includes(entry as string))) return refused
  if (given(sub) && typeof sub !== 'string') return refused
  if (!isDate(exp) || !isDate(nbf) || !isDate(iat)) return refused
  const now = Date.now()
  if (exp !== undefined && (exp as number) * 1000 + rules.clockTolerance <= now) return { refused: 'expired' }
  const latest = now + rules.clockTolerance
  if (
    (nbf !== undefined && (nbf as number) * 1000 > latest) ||
    (iat !== undefined && (iat as number) * 1000 > latest)
  )
    return refused
  const { active: _active, ...kept } = claims
  return { claims: kept, generation: 0 }
}
