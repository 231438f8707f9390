import { createPublicKey } from 'node:crypto'
import type { JWTVerifyResult } from 'jose'
import { jwtVerify } from 'jose/jwt/verify'
import type { SignatureAlgorithm } from './algorithms.ts'
import { concluded, requiredOf, type IssuerRules, type Verified, type Verify } from './rules.ts'

/** Verifies tokens with a public key: in the thread pool, so that no other request waits for a signature. */
export function publicKeyVerifier(
  rules: IssuerRules,
  pem: string,
  algorithms: readonly SignatureAlgorithm[]
): Verify {
  const key = createPublicKey(pem)
  const options = {
    algorithms: [...algorithms],
    issuer: rules.name,
    audience: [rules.audience].flat(),
    requiredClaims: requiredOf(rules),
    clockTolerance: rules.clockTolerance / 1000,
    ...(rules.type === undefined ? {} : { typ: rules.type })
  }
  const conclude = ({ protectedHeader, payload }: JWTVerifyResult): Verified =>
    concluded(protectedHeader, payload, rules)
  const refuse = (error: { code?: string }): Verified => ({
    refused: error.code === 'ERR_JWT_EXPIRED' ? 'expired' : 'invalid'
  })
  return (token) => jwtVerify(token, key, options).then(conclude, refuse)
}
