import { expired, invalid, type Claims, type VerificationResult } from '../core/token-outcome.ts'
import { isSigningAlgorithm } from './algorithms.ts'
import { checkClaims } from './claim-rules.ts'
import { fastJwt } from '../fast-jwt.cjs'
import type { IssuerRules, Verify } from './types.ts'

type VerifySignature = (token: string) => { header: Claims; payload: Claims }

/** Verifies tokens with a shared secret (HMAC): at once, because it takes a few microseconds. */
export function secretVerifier(rules: IssuerRules, secret: string | Buffer): Verify {
  const load = (): VerifySignature =>
    fastJwt().createVerifier({
      key: secret,
      algorithms: rules.algorithms.filter(isSigningAlgorithm),
      clockTolerance: rules.clockTolerance,
      complete: true,
      ...(rules.type === undefined ? {} : { checkTyp: rules.type })
    }) as VerifySignature
  let verifySignature: VerifySignature | undefined

  const verify = (token: string): VerificationResult => {
    verifySignature ??= load()
    try {
      const { header, payload } = verifySignature(token)
      return checkClaims(header, payload, rules)
    } catch (error) {
      return (error as { code?: string }).code === 'FAST_JWT_EXPIRED' ? expired : invalid
    }
  }
  return (token, done) => done(verify(token))
}
