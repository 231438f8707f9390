import type { CryptoKey, JWTVerifyResult } from 'jose'
import { jwtVerify } from 'jose/jwt/verify'
import { importSPKI } from 'jose/key/import'
import type { SignatureAlgorithm } from './algorithms.ts'
import { concluded, requiredOf, type IssuerRules, type Verified, type Verify } from './rules.ts'

/**
 * Verifies tokens with a public key, by those algorithms that it is for: in the thread pool, so that no other request waits
 * for a signature.
 */
export async function publicKeyVerifier(
  rules: IssuerRules,
  pem: string,
  algorithms: readonly SignatureAlgorithm[]
): Promise<Verify> {
  const keys = new Map<string, CryptoKey>()
  for (const name of algorithms) keys.set(name, await importSPKI(pem, name))
  const options = {
    algorithms: [...algorithms],
    issuer: rules.name,
    audience: [rules.audience].flat(),
    requiredClaims: requiredOf(rules),
    clockTolerance: rules.clockTolerance / 1000,
    ...(rules.type === undefined ? {} : { typ: rules.type })
  }
  const conclude = (verifying: Promise<JWTVerifyResult>, done: (result: Verified) => void): void => {
    verifying.then(
      ({ protectedHeader, payload }) => done(concluded(protectedHeader, payload, rules)),
      (error: { code?: string }) =>
        done({ refused: error.code === 'ERR_JWT_EXPIRED' ? 'expired' : 'invalid' })
    )
  }
  const [only] = keys.values()
  // Most keys are for one algorithm: nothing is looked up for their tokens.
  if (only !== undefined && keys.size === 1)
    return (token, done) => conclude(jwtVerify(token, only, options), done)
  // Asked only for algorithms that are allowed, and so are there.
  const keyOf = ({ alg }: { alg: string }): CryptoKey => keys.get(alg)!
  return (token, done) => conclude(jwtVerify(token, keyOf, options), done)
}
