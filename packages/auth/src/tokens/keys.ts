import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { reveal, type Secret } from '@seaworthy/internal'
import { check } from '../core/option-checks.ts'
import { algorithmsOf, withAllNames, type SignatureAlgorithm } from './algorithms.ts'
import { rsaWeakness } from './rsa-weakness.ts'

const minRsaBits = 2048

/** Why a key must not be used. `undefined` if it may be. */
export function keyWeakness(key: KeyObject): string | undefined {
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {}
  if (key.asymmetricKeyType === 'rsa') {
    if (modulusLength < minRsaBits) return `RSA of ${modulusLength} bits`
    return rsaWeakness(modulusOf(key), key.asymmetricKeyDetails?.publicExponent ?? 0n)
  }
  return algorithmsOf(key.asymmetricKeyType, namedCurve).length === 0
    ? `a ${key.asymmetricKeyType ?? 'symmetric'} key`
    : undefined
}

const modulusOf = (key: KeyObject): bigint => {
  const { n = '' } = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' })
  return BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`)
}

/** A key, in PEM or a secret, and the algorithms that it can verify. */
export interface VerificationKey {
  readonly pem: string | Buffer
  readonly algorithms: readonly SignatureAlgorithm[]
}

/** A public key in PEM. */
export interface PublicKey extends VerificationKey {
  readonly pem: string
}

/** @param assigned - The one algorithm that the issuer assigns to the key. */
export function publicKeyOf(key: KeyObject, assigned?: string): PublicKey {
  const possible = algorithmsOf(key.asymmetricKeyType, key.asymmetricKeyDetails?.namedCurve)
  const algorithms =
    assigned === undefined ? possible : withAllNames(possible.filter((name) => name === assigned))
  return { pem: key.export({ type: 'spki', format: 'pem' }).toString(), algorithms }
}

const rule = 'a PEM key: RSA of at least 2048 bits, P-256, P-384, P-521 or Ed25519'

function parseKey(option: string, parse: () => KeyObject): KeyObject {
  let key: KeyObject
  try {
    key = parse()
  } catch {
    return check.failWith(option, rule, 'something else')
  }
  const weakness = keyWeakness(key)
  return weakness === undefined ? key : check.fail(option, rule, weakness)
}

/** Reads a public key or a certificate in PEM. */
export const parsePublicKey = (option: string, pem: string | Buffer): PublicKey =>
  publicKeyOf(parseKey(option, () => createPublicKey(pem)))

/** Reads a private key in PEM. Returns it with its public key. */
export function parsePrivateKey(
  option: string,
  pem: string | Buffer | Secret
): PublicKey & { readonly private: string } {
  const key = parseKey(option, () => createPrivateKey(Buffer.isBuffer(pem) ? pem : reveal(pem)))
  return {
    ...publicKeyOf(createPublicKey(key)),
    private: key.export({ type: 'pkcs8', format: 'pem' }).toString()
  }
}
