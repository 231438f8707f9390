import { createVerifier } from 'fast-jwt'
import { concluded } from './claim-rules.ts'
import type { Claims, IssuerRules, Verified, Verify } from './types.ts'

/** Verifies tokens with a shared secret (HMAC): at once, for it takes a few microseconds. */
export function secretVerifier(rules: IssuerRules, secret: string): Verify {
  const verify = createVerifier({
    key: secret,
    algorithms: [...rules.algorithms],
    clockTolerance: rules.clockTolerance,
    complete: true,
    ...(rules.type === undefined ? {} : { checkTyp: rules.type })
  }) as (token: string) => { header: Claims; payload: Claims }

  const conclude = (token: string): Verified => {
    try {
      const { header, payload } = verify(token)
      return concluded(header, payload, rules)
    } catch (error) {
      return { refused: (error as { code?: string }).code === 'FAST_JWT_EXPIRED' ? 'expired' : 'invalid' }
    }
  }
  return (token, done) => done(conclude(token))
}
