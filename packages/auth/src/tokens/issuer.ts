import { createVerifier } from 'fast-jwt'
import { optionChecks } from '@seaworthy/contract'
import type { SignatureAlgorithm } from './algorithms.ts'
import { peek } from './bearer.ts'
import type { KeySource, Lookup } from './jwks.ts'
import type { PublicKey } from './keys.ts'
import { isAccessToken } from './token-kind.ts'

/** What a verified token says. */
export type Claims = Record<string, unknown>

/** Why a token was refused: `expired`, or something else. Or that its keys can't be had for some seconds. */
export type Verified =
  | { claims: Claims; generation: number }
  | { refused: 'expired' | 'invalid' }
  | { unavailable: number }

/** How the tokens of one issuer are verified. */
export interface Issuer {
  readonly name: string
  readonly rolesClaim: string | undefined
  /** At once, but for keys that must be fetched. */
  verify(token: string): Verified | Promise<Verified>
  /** Whether a token verified at a generation of keys need not be verified again. */
  holds(generation: number): boolean
}

export interface IssuerRules {
  name: string
  audience: string | readonly string[]
  algorithms: readonly SignatureAlgorithm[]
  requiredClaims: readonly string[]
  type: string | undefined
  /** Milliseconds. */
  clockTolerance: number
  rolesClaim: string | undefined
}

type Verify = (token: string) => { header: Claims; payload: Claims }

function verifierFor(rules: IssuerRules, key: string, algorithms: readonly SignatureAlgorithm[]): Verify {
  return createVerifier({
    key,
    algorithms: [...algorithms],
    allowedIss: rules.name,
    allowedAud: [rules.audience].flat(),
    requiredClaims: [...new Set([...rules.requiredClaims, 'exp', 'iss', 'aud'])],
    clockTolerance: rules.clockTolerance,
    complete: true,
    ...(rules.type === undefined ? {} : { checkTyp: rules.type })
  }) as Verify
}

/** What the library leaves open: extensions, dates in the future, other tokens shown as access tokens. */
function acceptable({ header, payload }: { header: Claims; payload: Claims }, rules: IssuerRules): boolean {
  if (header.crit !== undefined || header.b64 !== undefined) return false
  if (typeof payload.iss !== 'string' || !(typeof payload.exp === 'number' && Number.isFinite(payload.exp)))
    return false
  if (payload.iat !== undefined) {
    if (typeof payload.iat !== 'number' || payload.iat * 1000 > Date.now() + rules.clockTolerance)
      return false
  }
  return isAccessToken(header, payload, rules.type)
}

function attempt(verify: Verify, token: string, rules: IssuerRules): Verified {
  try {
    const result = verify(token)
    return acceptable(result, rules) ? { claims: result.payload, generation: 0 } : { refused: 'invalid' }
  } catch (error) {
    return { refused: (error as { code?: string }).code === 'FAST_JWT_EXPIRED' ? 'expired' : 'invalid' }
  }
}

/** An issuer whose keys are known: the first is the current one, the others are on their way out. */
export function fixedIssuer(rules: IssuerRules, keys: readonly string[]): Issuer {
  let verifiers: Verify[]
  try {
    verifiers = keys.map((key) => verifierFor(rules, key, rules.algorithms))
  } catch {
    return optionChecks('auth').fail('jwt', `given keys for ${rules.algorithms.join(', ')}`, 'others')
  }
  return {
    name: rules.name,
    rolesClaim: rules.rolesClaim,
    holds: () => true,
    verify(token) {
      let result: Verified = { refused: 'invalid' }
      for (const verify of verifiers) {
        result = attempt(verify, token, rules)
        if (!('refused' in result) || result.refused === 'expired') return result
      }
      return result
    }
  }
}

/** An issuer that publishes its keys. */
export function remoteIssuer(rules: IssuerRules, source: KeySource): Issuer {
  const verifiers = new WeakMap<PublicKey, Verify | null>()
  const verifierOf = (key: PublicKey): Verify | null => {
    let verify = verifiers.get(key)
    if (verify === undefined) {
      const algorithms = rules.algorithms.filter((name) => key.algorithms.includes(name))
      verify = algorithms.length === 0 ? null : verifierFor(rules, key.pem, algorithms)
      verifiers.set(key, verify)
    }
    return verify
  }
  const decide = (found: Lookup, token: string): Verified => {
    if ('unavailable' in found) return found
    const verify = 'key' in found ? verifierOf(found.key) : null
    if (verify === null) return { refused: 'invalid' }
    const result = attempt(verify, token, rules)
    return 'claims' in result ? { ...result, generation: source.generation } : result
  }
  return {
    name: rules.name,
    rolesClaim: rules.rolesClaim,
    holds: (generation) => source.holds(generation),
    verify(token) {
      // Nothing is fetched for a token that could not pass with any key.
      const { kid, alg } = peek(token, 0) ?? {}
      const named = kid === undefined || (typeof kid === 'string' && kid.length <= 256)
      if (!named || !rules.algorithms.includes(alg as SignatureAlgorithm)) return { refused: 'invalid' }
      const found = source.lookup(kid)
      return found instanceof Promise ? found.then((late) => decide(late, token)) : decide(found, token)
    }
  }
}
