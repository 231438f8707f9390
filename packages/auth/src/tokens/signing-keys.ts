import type { Secret } from '@seaworthy/internal'
import { check, toList } from '../core/option-checks.ts'
import { strongSecret, type SymmetricKey } from '../core/strong-secret.ts'
import { asymmetric, isSigningAlgorithm, symmetric, type SigningAlgorithm } from './algorithms.ts'
import { parsePrivateKey } from './keys.ts'

/** A key of the app's tokens. All verify; the first one also signs. */
export interface SigningKey {
  readonly verify: string | Buffer
  readonly sign: string | Buffer
}

export interface SigningKeys {
  readonly keys: readonly SigningKey[]
  readonly algorithm: SigningAlgorithm
}

interface SigningKeyOptions {
  secret?: SymmetricKey | readonly SymmetricKey[]
  key?: string | Buffer | Secret | readonly (string | Buffer | Secret)[]
  algorithm?: SigningAlgorithm
}

/** Reads the options `secret`, `key` and `algorithm` of `jwt`. Without a secret and a key there are no keys. */
export function resolveSigningKeys({ secret, key, algorithm }: SigningKeyOptions): SigningKeys {
  if (key !== undefined) return keyPairs(key, algorithm)
  const allowed = (secret === undefined ? [...symmetric, ...asymmetric] : symmetric).filter(
    isSigningAlgorithm
  )
  const chosen = check.oneOf('jwt.algorithm', algorithm ?? 'HS256', allowed)
  if (secret === undefined) return { keys: [], algorithm: chosen }

  const secrets = toList<SymmetricKey>(secret).map((entry) => strongSecret('jwt.secret', entry, [chosen]))
  if (secrets.length === 0) check.failWith('jwt.secret', 'at least one secret', 'none')
  return { keys: secrets.map((value) => ({ verify: value, sign: value })), algorithm: chosen }
}

function keyPairs(
  key: NonNullable<SigningKeyOptions['key']>,
  algorithm: SigningAlgorithm | undefined
): SigningKeys {
  const pairs = toList(key).map((entry) => parsePrivateKey('jwt.key', entry))
  const [first] = pairs
  if (!first) return check.failWith('jwt.key', 'at least one key', 'none')
  const possible = first.algorithms.filter(isSigningAlgorithm)
  const chosen = check.oneOf('jwt.algorithm', algorithm ?? possible[0], possible)
  if (pairs.some(({ algorithms }) => !algorithms.includes(chosen)))
    check.failWith('jwt.key', `keys for one algorithm (${chosen})`, 'different kinds')
  return { keys: pairs.map(({ pem, private: sign }) => ({ verify: pem, sign })), algorithm: chosen }
}
