import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { keyWeakness, publicKeyOf, type PublicKey } from './keys.ts'

/** The keys of an issuer that may verify its tokens. */
export interface PublishedKeys {
  readonly size: number
  has(kid: string): boolean
  /** The key for a token's `kid` and `alg`. Without a `kid` it must be the only one for the algorithm. */
  find(kid: string | undefined, alg: string): PublicKey | undefined
  /** Whether the others are the same, for the same algorithms. */
  equals(others: PublishedKeys): boolean
  readonly entries: readonly PublishedKey[]
}

interface PublishedKey extends PublicKey {
  readonly kid: string | undefined
}

/** A member of `keys`. Nothing about it is certain. */
type Jwk = JsonWebKey & { readonly [name in 'kid' | 'use' | 'key_ops' | 'alg']?: unknown }

/** Called for each key that is not used although it is no key for something else. */
export type OnUnusable = (kid: unknown, reason: string) => void

/** RFC 7517: `use` and `key_ops` limit a key to what they list, `alg` to one algorithm. */
const mayVerify = ({ use, key_ops: operations }: Jwk): boolean =>
  (use === undefined || use === 'sig') &&
  (operations === undefined || (Array.isArray(operations) && operations.includes('verify')))

/** A key for encryption is none of a signature's, also if only its algorithm says so. */
const isForSignatures = ({ alg }: Jwk): boolean =>
  alg === undefined || (typeof alg === 'string' && /^(?:[A-Z]{2}\d|EdDSA$|Ed25519$)/.test(alg))

function readKey(jwk: Jwk): PublishedKey | string {
  const { kty, d, kid, alg } = jwk
  if (kty === 'oct') return 'a secret: it is no secret any more'
  if (d !== undefined) return 'a private key: it is public now'
  if (kid !== undefined && typeof kid !== 'string') return 'a key whose id is no text'
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    const weakness = keyWeakness(key)
    if (weakness !== undefined) return weakness
    const found = publicKeyOf(key, alg as string | undefined)
    return found.algorithms.length > 0 ? { ...found, kid } : 'a key whose "alg" it cannot have'
  } catch {
    return 'a key that cannot be read'
  }
}

const overlap = (one: PublicKey, other: PublicKey): boolean =>
  one.algorithms.some((name) => other.algorithms.includes(name))

/** Reads a JSON Web Key Set. Keys that are not for signatures are left out. @throws Error without a usable key. */
export function parsePublishedKeys(text: string, onUnusable: OnUnusable): PublishedKeys {
  const { keys } = JSON.parse(text) as { keys?: unknown }
  if (!Array.isArray(keys)) throw new Error('no "keys"')
  const read: PublishedKey[] = []
  for (const jwk of keys as (Jwk | null)[]) {
    if (typeof jwk !== 'object' || jwk === null || !mayVerify(jwk) || !isForSignatures(jwk)) continue
    const key = readKey(jwk)
    if (typeof key === 'string') onUnusable(jwk.kid, key)
    else if (!read.some(({ kid, pem }) => kid === key.kid && pem === key.pem)) read.push(key)
  }
  // Two keys for one id: it is open which one is meant, and one may be an attacker's.
  const isAmbiguous = (key: PublishedKey): boolean =>
    key.kid !== undefined &&
    read.some((other) => other !== key && other.kid === key.kid && overlap(key, other))
  const entries = read.filter((key) => !isAmbiguous(key))
  for (const { kid } of read.filter(isAmbiguous)) onUnusable(kid, 'another key with the same id')
  if (entries.length === 0) throw new Error('no usable key')
  return publishedKeys(entries)
}

function publishedKeys(entries: readonly PublishedKey[]): PublishedKeys {
  const byKid = new Map<string | undefined, Map<string, PublicKey>>([[undefined, onlyKeys(entries)]])
  for (const { kid } of entries)
    if (kid !== undefined) byKid.set(kid, onlyKeys(entries.filter((key) => key.kid === kid)))
  return {
    entries,
    size: entries.length,
    has: (kid) => byKid.has(kid),
    find: (kid, alg) => byKid.get(kid)?.get(alg),
    equals: (others) =>
      others.size === entries.length &&
      entries.every(({ kid, pem, algorithms }, index) => {
        const other = others.entries[index]!
        return other.kid === kid && other.pem === pem && other.algorithms.join() === algorithms.join()
      })
  }
}

/** The keys of those algorithms that only one of them is for. */
function onlyKeys(keys: readonly PublishedKey[]): Map<string, PublicKey> {
  const found = new Map<string, PublicKey>()
  for (const key of keys) {
    for (const name of key.algorithms)
      if (keys.every((other) => other === key || !other.algorithms.includes(name))) found.set(name, key)
  }
  return found
}

/** The keys before the first fetch. */
export const noPublishedKeys: PublishedKeys = publishedKeys([])

/** A key set without the keys that must not be used, for libraries that choose among the rest. Other texts stay. */
export function withoutWeakKeys(text: string): string {
  if (!text.includes('"keys"')) return text
  let set: { keys?: unknown } | null
  try {
    set = JSON.parse(text) as typeof set
  } catch {
    return text
  }
  if (!Array.isArray(set?.keys)) return text
  // Of other kinds the library knows more than this package.
  const isWeak = (jwk: Jwk | null): boolean =>
    jwk?.kty === 'RSA' && typeof readKey({ ...jwk, alg: undefined }) === 'string'
  return JSON.stringify({ ...set, keys: (set.keys as (Jwk | null)[]).filter((jwk) => !isWeak(jwk)) })
}
