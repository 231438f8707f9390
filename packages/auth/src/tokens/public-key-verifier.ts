import type { CryptoKey, JWTVerifyResult } from 'jose'
import { jwtVerify } from 'jose/jwt/verify'
import { importSPKI } from 'jose/key/import'
import type { SignatureAlgorithm } from './algorithms.ts'
import { concluded } from './claim-rules.ts'
import type { IssuerRules, Verify } from './types.ts'

// Of padding and whitespace jose takes some.
const base64url = /^[\w.-]+$/

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
    clockTolerance: rules.clockTolerance / 1000,
    ...(rules.type === undefined ? {} : { typ: rules.type })
  }
  const [only] = keys.values()
  // Asked only for algorithms that are allowed, and so are there.
  const keyOf = ({ alg }: { alg: string }): CryptoKey => keys.get(alg)!
  // Most keys are for one algorithm: nothing is looked up for their tokens.
  const verified: (token: string) => Promise<JWTVerifyResult> =
    only !== undefined && keys.size === 1
      ? (token) => jwtVerify(token, only, options)
      : (token) => jwtVerify(token, keyOf, options)
  return (token, done) => {
    if (!base64url.test(token)) return done({ refused: 'invalid' })
    verified(token).then(
      ({ protectedHeader, payload }) => done(concluded(protectedHeader, payload, rules)),
      (error: { code?: string }) =>
        done({ refused: error.code === 'ERR_JWT_EXPIRED' ? 'expired' : 'invalid' })
    )
  }
}
