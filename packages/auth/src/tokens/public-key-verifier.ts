import type { CryptoKey, JWTVerifyResult } from 'jose'
import { jwtVerify } from 'jose/jwt/verify'
import { importSPKI } from 'jose/key/import'
import { expired, invalid, wrongSignature, type Rejected } from '../core/token-outcome.ts'
import type { SignatureAlgorithm } from './algorithms.ts'
import { checkClaims } from './claim-rules.ts'
import type { IssuerRules, Verify } from './types.ts'

/** jose accepts some padding and whitespace. */
const base64url = /^[\w.-]+$/

const rejections: Record<string, Rejected> = {
  ERR_JWT_EXPIRED: expired,
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: wrongSignature
}

/**
 * Verifies tokens with a public key, by the algorithms that it is for: in the thread pool, so that no other request
 * waits for a signature.
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
  const [onlyKey] = keys.values()
  // jose calls it for allowed algorithms only, and each of them has a key.
  const keyOf = ({ alg }: { alg: string }): CryptoKey => keys.get(alg)!
  // Most keys are for one algorithm: no lookup for their tokens.
  const verifySignature: (token: string) => Promise<JWTVerifyResult> =
    onlyKey !== undefined && keys.size === 1
      ? (token) => jwtVerify(token, onlyKey, options)
      : (token) => jwtVerify(token, keyOf, options)

  return (token, done) => {
    if (!base64url.test(token)) return done(invalid)
    verifySignature(token).then(
      ({ protectedHeader, payload }) => done(checkClaims(protectedHeader, payload, rules)),
      (error: { code?: string }) => done(rejections[error.code ?? ''] ?? invalid)
    )
  }
}
