import type { Claims } from '../core/token-outcome.ts'

/** The members of a JSON Web Key that only its owner may have (RFC 7518), and the key of a symmetric one. */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'] as const

/** Why the header of a proof is not acceptable. It does not verify the signature. */
export function headerFault(header: Claims | undefined, algorithms: readonly string[]): string | undefined {
  if (header === undefined) return 'The header DPoP needs one proof'
  const { typ, alg, jwk, crit, b64 } = header
  if (typeof typ !== 'string' || !/^(?:application\/)?dpop\+jwt$/i.test(typ))
    return 'The "typ" of the proof is not dpop+jwt'
  if (typeof alg !== 'string' || !algorithms.includes(alg)) return 'The "alg" of the proof is not allowed'
  if (crit !== undefined || b64 !== undefined) return 'The proof has an extension'
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) return 'The proof has no "jwk"'
  if (privateMembers.some((name) => Object.hasOwn(jwk, name)))
    return 'The "jwk" of the proof is no public key'
  return undefined
}

/** The request for which a proof must be. */
export interface ProofTarget {
  readonly method: string
  /** Whether a text is the request's URL. */
  readonly isUrl: (htu: string) => boolean
  /** The hash of the access token, if there is one. */
  readonly ath: string | undefined
}

/** A text that is stored for a while: as a hash, but still read whole. */
const isId = (jti: unknown): jti is string => typeof jti === 'string' && jti !== '' && jti.length <= 512

/** Why the claims of a proof are not for this request. Nonce and age are checked elsewhere. */
export function claimsFault(
  claims: Claims | undefined,
  { method, isUrl, ath }: ProofTarget
): string | undefined {
  if (claims === undefined) return 'The header DPoP needs one proof'
  if (!isId(claims.jti)) return 'The proof has no "jti"'
  if (claims.htm !== method) return 'The "htm" of the proof is not the method of the request'
  if (typeof claims.htu !== 'string' || !isUrl(claims.htu))
    return 'The "htu" of the proof is not the URL of the request'
  if (typeof claims.iat !== 'number' || !Number.isFinite(claims.iat)) return 'The proof has no "iat"'
  if (ath !== undefined && claims.ath !== ath) return 'The "ath" of the proof is not the hash of the token'
  return undefined
}
