import { reveal, secretWeakness, type Secret } from '@seaworthy/internal'
import { check } from './option-checks.ts'

const minBytes = 32

/**
 * A symmetric key in the format of JSON Web Keys: `{ kty: 'oct', k: '…' }`.
 *
 * @example
 * const secret: SymmetricJwk = { kty: 'oct', k: process.env['JWT_SECRET']! }
 * await app.register(auth, { jwt: { secret } })
 */
export interface SymmetricJwk {
  kty: 'oct'
  /** The key in base64url. */
  k: string
  [member: string]: unknown
}

/**
 * A secret: its text or bytes, or a JSON Web Key.
 *
 * @example
 * const secrets: readonly SymmetricKey[] = [process.env['NEW_SECRET']!, process.env['OLD_SECRET']!]
 * await app.register(auth, { jwt: { secret: secrets } })
 */
export type SymmetricKey = string | Secret | Buffer | SymmetricJwk

const rule = `a secret of at least ${minBytes} bytes`
/** RFC 7518, 3.2: a key is at least as long as the hash. */
const hashBytes = (algorithm: string): number => Number(/^HS(\d{3})$/.exec(algorithm)?.[1] ?? 0) / 8
const ruleFor = (bytes: number, algorithms: readonly string[]): string =>
  bytes === minBytes ? rule : `a secret of at least ${bytes} bytes for ${algorithms.join(', ')}`

/** Checks a secret: at least 32 bytes, random, no published placeholder. No message shows its value. */
export function strongSecret(
  option: string,
  secret: SymmetricKey,
  algorithms: readonly string[] = []
): string | Buffer {
  const value = secretOf(option, secret, algorithms)
  if ((typeof value !== 'string' && !Buffer.isBuffer(value)) || value.length === 0)
    return check.failWith(option, rule, value === undefined ? 'undefined' : describe(value))
  if (value.includes('-----BEGIN'))
    return check.failWith(option, 'a secret, not a PEM key: those go into "jwt.key"', 'PEM')
  const bytes = Buffer.byteLength(value)
  const needed = Math.max(minBytes, ...algorithms.map(hashBytes))
  if (bytes < needed) return check.failWith(option, ruleFor(needed, algorithms), `${bytes} bytes`)
  const weakness = secretWeakness(value)
  if (weakness === 'a placeholder')
    return check.failWith(option, 'a secret of your own (try: openssl rand -base64 32)', weakness)
  if (weakness !== undefined) return check.failWith(option, 'a random secret', weakness)
  return value
}

/** The secret in one of the forms that apps have: text, Buffer, JSON Web Key, or the latter as text. */
function secretOf(option: string, secret: SymmetricKey, algorithms: readonly string[]): unknown {
  if (secret instanceof Uint8Array) return Buffer.from(secret)
  const value: unknown = isRevealable(secret) ? reveal(secret) : secret
  const jwk = typeof value === 'string' ? parseJwk(value) : value
  if (typeof jwk !== 'object' || jwk === null) return value
  const { kty, k, alg, use, key_ops: operations } = jwk as Partial<Record<string, unknown>>
  if (kty !== 'oct') return check.failWith(option, wayOf(jwk), describe(jwk))
  const verifies = operations === undefined || (Array.isArray(operations) && operations.includes('verify'))
  const allowed =
    algorithms.length === 0 || alg === undefined || (typeof alg === 'string' && algorithms.includes(alg))
  if ((use !== undefined && use !== 'sig') || !verifies || !allowed)
    return check.failWith(
      option,
      'a key for the signatures that it is used for',
      `a key for ${typeof alg === 'string' ? alg : 'something else'}`
    )
  if (typeof k !== 'string' || !/^[\w-]+$/.test(k))
    return check.failWith(option, 'a key in base64url', 'another text')
  return Buffer.from(k, 'base64url')
}

const isRevealable = (value: unknown): value is Secret =>
  typeof (value as { reveal?: unknown } | null)?.reveal === 'function'

function parseJwk(text: string): unknown {
  if (!text.trimStart().startsWith('{')) return undefined
  try {
    const value = JSON.parse(text) as { kty?: unknown }
    return value.kty === undefined ? undefined : value
  } catch {
    return undefined
  }
}

/** The rule for an object that @fastify/jwt takes as its secret. */
function wayOf(value: object): string {
  if ('public' in value && !('private' in value))
    return 'left out for tokens of others: set "publicKey" (or "jwksUrl"), "issuer", "audience" and "algorithms" of an entry in "jwt.issuers"'
  if ('private' in value) return 'left out for a key pair: set "jwt.key" to its private key in PEM'
  if ('kty' in value) return 'a key with the "kty" oct: a private key goes into "jwt.key" in PEM'
  return rule
}

const describe = (value: unknown): string => {
  if (value === '' || (Buffer.isBuffer(value) && value.length === 0)) return 'nothing'
  if (typeof value !== 'object' || value === null)
    return typeof value === 'function'
      ? 'a function: for keys by id set "jwksUrl" of an issuer'
      : typeof value
  // A secret may have been written as a name: `secret: { [process.env.SECRET]: true }`.
  const names = Object.keys(value).map((name) => (/^[a-z_]{1,12}$/i.test(name) ? name : 'another member'))
  return `an object with ${names.slice(0, 5).join(', ') || 'nothing'}`
}

/** Checks a client secret that another party has issued: any text that is not empty. */
export function clientSecretOf(option: string, secret: string | Secret, party: string): string {
  const value: unknown = secret === undefined ? undefined : reveal(secret)
  return typeof value === 'string' && value !== ''
    ? value
    : check.failWith(option, `the secret that the ${party} issued`, typeof value)
}
