import type { SignatureAlgorithm } from './algorithms.ts'
import { peek } from './bearer.ts'
import type { KeySource, Lookup } from './jwks.ts'
import type { PublicKey } from './keys.ts'
import type { IssuerRules, Verified, Verify } from './types.ts'

/** How the tokens of one issuer are verified. */
export interface Issuer {
  readonly name: string
  readonly rolesClaim: string | undefined
  readonly verify: Verify
  /** Whether a token verified at a generation of keys need not be verified again. */
  holds(generation: number): boolean
}

/** An issuer whose keys are known: the first is the current one, the others are on their way out. */
export function fixedIssuer(rules: IssuerRules, verifiers: readonly Verify[]): Issuer {
  const inTurn = (token: string, done: (result: Verified) => void, index: number): void =>
    verifiers[index]!(token, (result) => {
      const another = 'refused' in result && result.refused === 'invalid' && index + 1 < verifiers.length
      if (another) inTurn(token, done, index + 1)
      else done(result)
    })
  return {
    name: rules.name,
    rolesClaim: rules.rolesClaim,
    holds: () => true,
    verify: verifiers.length === 1 ? verifiers[0]! : (token, done) => inTurn(token, done, 0)
  }
}

/** Makes what verifies with a public key. */
export type PublicKeyVerifier = (
  rules: IssuerRules,
  pem: string,
  algorithms: readonly SignatureAlgorithm[]
) => Promise<Verify>

/** An issuer that publishes its keys. */
export function remoteIssuer(rules: IssuerRules, source: KeySource, verifierFor: PublicKeyVerifier): Issuer {
  const verifiers = new WeakMap<PublicKey, Verify>()
  /** Made with a key's first token. */
  const makeVerifier = async (key: PublicKey): Promise<Verify> => {
    const algorithms = rules.algorithms.filter((name) => key.algorithms.includes(name))
    const verify = await verifierFor(rules, key.pem, algorithms)
    verifiers.set(key, verify)
    return verify
  }
  const decide = (found: Lookup, token: string, done: (result: Verified) => void): void => {
    if ('unavailable' in found) return done(found)
    if (!('key' in found)) return done({ refused: 'invalid' })
    // That of the key: while the signature is verified, the issuer may take it back.
    const { generation } = source
    const dated = (result: Verified): void => done('claims' in result ? { ...result, generation } : result)
    const verify = verifiers.get(found.key)
    if (verify !== undefined) return verify(token, dated)
    makeVerifier(found.key).then(
      (made) => made(token, dated),
      () => done({ refused: 'invalid' })
    )
  }
  return {
    name: rules.name,
    rolesClaim: rules.rolesClaim,
    holds: (generation) => source.holds(generation),
    verify(token, done) {
      // Nothing is fetched for a token that could not pass with any key.
      const { kid, alg } = peek(token, 0) ?? {}
      const named = kid === undefined || (typeof kid === 'string' && kid.length <= 256)
      if (!named || !rules.algorithms.includes(alg as SignatureAlgorithm)) return done({ refused: 'invalid' })
      const found = source.lookup(kid)
      if (found instanceof Promise) void found.then((late) => decide(late, token, done))
      else decide(found, token, done)
    }
  }
}
