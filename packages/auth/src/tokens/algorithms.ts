/**
 * The signature algorithms that can be allowed. `none` is not one of them.
 *
 * @example
 * const algorithms: readonly SignatureAlgorithm[] = ['RS256', 'ES256']
 */
export type SignatureAlgorithm =
  | 'HS256'
  | 'HS384'
  | 'HS512'
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA'

export const symmetric: readonly SignatureAlgorithm[] = ['HS256', 'HS384', 'HS512']
export const asymmetric: readonly SignatureAlgorithm[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA'
]
/** Whether each of them signs with a shared secret. */
export const isSymmetric = (algorithms: readonly SignatureAlgorithm[]): boolean =>
  algorithms.every((name) => symmetric.includes(name))

const curves: Record<string, SignatureAlgorithm> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512'
}

/** The algorithms that a key can verify. */
export function algorithmsOf(
  type: string | undefined,
  curve: string | undefined
): readonly SignatureAlgorithm[] {
  if (type === 'rsa') return asymmetric.filter((name) => name.startsWith('RS') || name.startsWith('PS'))
  if (type === 'ed25519') return ['EdDSA']
  const algorithm = curve === undefined ? undefined : curves[curve]
  return type === 'ec' && algorithm ? [algorithm] : []
}
