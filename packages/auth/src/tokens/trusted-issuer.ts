import type { ClaimPaths } from '../core/identity.ts'
import type { RotatingKeys } from '../core/rotating-keys.ts'
import { invalid, type VerificationResult } from '../core/token-outcome.ts'
import type { SignatureAlgorithm } from './algorithms.ts'
import { decodeUnverified } from '../core/token-text.ts'
import type { KeyLookup, KeySource } from './jwks.ts'
import type { PublicKey } from './keys.ts'
import type { IssuerRules, Verify } from './types.ts'

/** An issuer whose tokens are accepted. */
export interface TrustedIssuer {
  readonly name: string
  /** Where its tokens have roles and scopes. */
  readonly paths: ClaimPaths
  readonly verify: Verify
  /** Whether a token verified with this generation of keys is still valid without another verification. */
  isCurrent(generation: number): boolean
}

type Done = (result: VerificationResult) => void

const pathsOf = ({ name, rolesClaim, scopesClaim }: IssuerRules): ClaimPaths => ({
  issuer: name,
  rolesClaim,
  scopesClaim
})

/** An issuer with keys of its own: the first is the current one, the others are being rotated out. */
export function fixedIssuer(rules: IssuerRules, verifiers: RotatingKeys<Verify>): TrustedIssuer {
  const verifyWith = (index: number, token: string, done: Done): void => {
    const verify = verifiers.at(index)
    if (verify === undefined) return done(invalid)
    if (verify === 'expired') return verifyWith(index + 1, token, done)
    verify(token, (result) => {
      if ('rejected' in result && result.rejected === 'invalid') verifyWith(index + 1, token, done)
      else done(result)
    })
  }
  return {
    name: rules.name,
    paths: pathsOf(rules),
    isCurrent: () => true,
    verify: (token, done) =>
      verifiers.size === 1 ? verifiers.current(token, done) : verifyWith(0, token, done)
  }
}

/** Makes the verifier of a public key. */
export type PublicKeyVerifier = (
  rules: IssuerRules,
  pem: string,
  algorithms: readonly SignatureAlgorithm[]
) => Promise<Verify>

/** A token, and what its header says of the key. */
interface Received {
  readonly token: string
  readonly kid: string | undefined
  readonly alg: string
}

/** An issuer that publishes its keys. */
export function remoteIssuer(
  rules: IssuerRules,
  source: KeySource,
  verifierFor: PublicKeyVerifier
): TrustedIssuer {
  const verifiers = new WeakMap<PublicKey, Verify>()

  /** Runs for the first token of each key. */
  const makeVerifier = async (key: PublicKey): Promise<Verify> => {
    const algorithms = rules.algorithms.filter((name) => key.algorithms.includes(name))
    const verify = await verifierFor(rules, key.pem, algorithms)
    verifiers.set(key, verify)
    return verify
  }

  const verifyWith = (key: PublicKey, token: string, done: Done): void => {
    // Read before the verification: the issuer may remove the key in the meantime.
    const { generation } = source
    const withGeneration: Done = (result) => done('claims' in result ? { ...result, generation } : result)
    const verify = verifiers.get(key)
    if (verify !== undefined) return verify(token, withGeneration)
    makeVerifier(key).then(
      (verifyToken) => verifyToken(token, withGeneration),
      () => done(invalid)
    )
  }

  const verifyBy = (lookup: KeyLookup, { token, kid, alg }: Received, done: Done): void => {
    if ('unavailable' in lookup) return done(lookup)
    if (!('key' in lookup)) return done(invalid)
    verifyWith(lookup.key, token, (result) => {
      if (!('hasWrongSignature' in result)) return done(result)
      const verifyAgain = (next: KeyLookup): void =>
        'key' in next ? verifyWith(next.key, token, done) : done(result)
      const next = source.lookupAgain(kid, alg, lookup.key)
      if (next instanceof Promise) void next.then(verifyAgain)
      else verifyAgain(next)
    })
  }

  return {
    name: rules.name,
    paths: pathsOf(rules),
    isCurrent: (generation) => source.isCurrent(generation),
    verify(token, done) {
      // No fetch for a token that no key could verify.
      const { kid, alg } = decodeUnverified(token, 'header') ?? {}
      const isKeyId = kid === undefined || (typeof kid === 'string' && kid.length <= 256)
      if (!isKeyId || !rules.algorithms.includes(alg as SignatureAlgorithm)) return done(invalid)
      const received: Received = { token, kid, alg: alg as string }
      const lookup = source.lookup(kid, received.alg)
      if (lookup instanceof Promise) void lookup.then((result) => verifyBy(result, received, done))
      else verifyBy(lookup, received, done)
    }
  }
}
