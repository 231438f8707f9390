import { BoundedMap } from '@seaworthy/internal'
import type { Identity } from '../core/identity.ts'
import type { Issuer } from './trusted-issuer.ts'

/** A token that has been verified, and for how long that may be taken for granted. */
export interface Remembered {
  readonly token: string
  readonly identity: Identity
  readonly issuer: Issuer
  readonly generation: number
  /** Milliseconds since 1970. */
  readonly expires: number
}

/** So much of a signature that no two verified tokens share it, and so little that looking for it costs little. */
const end = 32

/** Verified tokens, found by the end of their signature and compared whole. */
export class RememberedTokens {
  readonly #tokens: BoundedMap<Remembered>

  constructor(limit: number) {
    this.#tokens = new BoundedMap(limit)
  }

  get(token: string): Remembered | undefined {
    const found = this.#tokens.get(token.slice(-end))
    return found !== undefined && found.token === token ? found : undefined
  }

  set(remembered: Remembered): void {
    this.#tokens.set(remembered.token.slice(-end), remembered)
  }

  delete({ token }: Remembered): void {
    this.#tokens.delete(token.slice(-end))
  }
}
