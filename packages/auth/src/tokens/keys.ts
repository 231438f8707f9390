import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { optionChecks, reveal, type Secret } from '@seaworthy/internal'
import { algorithmsOf, type SignatureAlgorithm } from './algorithms.ts'

const check = optionChecks('auth')
const minimumBytes = 32
const minimumBits = 2048
const placeholders =
  /change[-_ ]?(?:me|this|it)|super[-_ ]?secret|your[-_ ]|placeholder|example|password|replace[-_ ]?(?:me|this)|insecure|dummy|at[-_ ]least|keyboard[-_ ]?cat|0123456789abcdef0123|12345678901234567890/i

/** A secret of at least 32 bytes that nobody has published. Its value is in no message. */
export function strongSecret(option: string, given: string | Secret): string {
  const value: unknown = typeof given === 'object' && given !== null ? reveal(given) : given
  if (typeof value !== 'string' || value === '') {
    return check.fail(
      option,
      `a secret of at least ${minimumBytes} bytes`,
      value === '' ? 'nothing' : typeof value
    )
  }
  if (value.includes('-----BEGIN'))
    return check.fail(option, 'a secret, not a PEM key: those go into "jwt.key"', 'PEM')
  const bytes = Buffer.byteLength(value)
  if (bytes < minimumBytes)
    return check.fail(option, `a secret of at least ${minimumBytes} bytes`, `${bytes} bytes`)
  if (placeholders.test(value)) {
    return check.fail(option, 'a secret of your own (try: openssl rand -base64 32)', 'a placeholder')
  }
  const distinct = new Set(value).size
  if (distinct < 8) return check.fail(option, 'a random secret', `${distinct} different characters`)
  return value
}

/** Why a key may not be used; undefined: it may. */
export function weakness(key: KeyObject): string | undefined {
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {}
  if (key.asymmetricKeyType === 'rsa' && modulusLength < minimumBits) return `RSA of ${modulusLength} bits`
  return algorithmsOf(key.asymmetricKeyType, namedCurve).length === 0
    ? `a ${key.asymmetricKeyType ?? 'symmetric'} key`
    : undefined
}

/** A public key as PEM, with what it can verify. */
export interface PublicKey {
  readonly pem: string
  readonly algorithms: readonly SignatureAlgorithm[]
}

/** `only`: the one algorithm that its issuer says it is for. */
export function publicKeyOf(key: KeyObject, only?: string): PublicKey {
  const able = algorithmsOf(key.asymmetricKeyType, key.asymmetricKeyDetails?.namedCurve)
  const algorithms = only === undefined ? able : able.filter((name) => name === only)
  return { pem: key.export({ type: 'spki', format: 'pem' }).toString(), algorithms }
}

const rule = 'a PEM key: RSA of at least 2048 bits, P-256, P-384, P-521 or Ed25519'

function parsed(option: string, parse: () => KeyObject): KeyObject {
  let key: KeyObject
  try {
    key = parse()
  } catch {
    return check.fail(option, rule, 'something else')
  }
  const weak = weakness(key)
  return weak === undefined ? key : check.fail(option, rule, weak)
}

/** Reads a public key (or certificate) in PEM. */
export const publicPem = (option: string, pem: string): PublicKey =>
  publicKeyOf(parsed(option, () => createPublicKey(pem)))

/** Reads a private key in PEM; gives it back with its public half. */
export function privatePem(option: string, given: string | Secret): PublicKey & { private: string } {
  const key = parsed(option, () => createPrivateKey(reveal(given)))
  return {
    ...publicKeyOf(createPublicKey(key)),
    private: key.export({ type: 'pkcs8', format: 'pem' }).toString()
  }
}
