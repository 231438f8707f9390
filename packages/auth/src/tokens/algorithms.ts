/**
 * The signature algorithms that can be allowed. `none` is not one of them. `EdDSA` and `Ed25519` are one algorithm, with
 * an older and a newer name (RFC 9864): each allows both.
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
  | 'Ed25519'

/**
 * The algorithms by which the app can sign: `EdDSA` is the name of Ed25519 there.
 *
 * @example
 * const algorithm: SigningAlgorithm = 'ES256'
 * await app.register(auth, { jwt: { key: process.env['JWT_KEY']!, algorithm } })
 */
export type SigningAlgorithm = Exclude<SignatureAlgorithm, 'Ed25519'>

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
  'EdDSA',
  'Ed25519'
]
/** Whether each of them signs with a shared secret. */
export const isSymmetric = (algorithms: readonly SignatureAlgorithm[]): boolean =>
  algorithms.every((name) => symmetric.includes(name))
/** Two names of one algorithm. */
const ed25519: readonly SignatureAlgorithm[] = ['EdDSA', 'Ed25519']

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
  if (type === 'ed25519') return ed25519
  const algorithm = curve === undefined ? undefined : curves[curve]
  return type === 'ec' && algorithm ? [algorithm] : []
}

/** The algorithms with all their names. */
export const withAllNames = (algorithms: readonly SignatureAlgorithm[]): readonly SignatureAlgorithm[] =>
  algorithms.some((name) => ed25519.includes(name)) ? [...new Set([...algorithms, ...ed25519])] : algorithms

/** Whether the app can sign by it. */
export const isSigningAlgorithm = (name: SignatureAlgorithm): name is SigningAlgorithm => name !== 'Ed25519'
