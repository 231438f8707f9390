import { BoundedMap } from '@seaworthy/internal'
import type { Identity } from '../core/identity.ts'
import type { TrustedIssuer } from './trusted-issuer.ts'

/** A verified token and how long its verification is valid. */
export interface VerifiedToken {
  readonly token: string
  readonly identity: Identity
  readonly issuer: TrustedIssuer
  readonly generation: number
  /** Milliseconds since 1970. */
  readonly expires: number
}

/** Letters of the signature that are the key: no two verified tokens share them, and a lookup costs little. */
const keyLength = 32

/** A cache of verified tokens. It finds them by the end of their signature and compares them whole. */
export class VerifiedTokenCache {
  readonly #tokens: BoundedMap<VerifiedToken>

  /** @param limit - Tokens at most. */
  constructor(limit: number) {
    this.#tokens = new BoundedMap(limit)
  }

  get(token: string): VerifiedToken | undefined {
    const verified = this.#tokens.get(token.slice(-keyLength))
    return verified !== undefined && verified.token === token ? verified : undefined
  }

  set(verified: VerifiedToken): void {
    this.#tokens.set(verified.token.slice(-keyLength), verified)
  }

  delete({ token }: VerifiedToken): void {
    this.#tokens.delete(token.slice(-keyLength))
  }
}
