import { createHmac } from 'node:crypto'

/** Nonces that follow from a secret and the time, so that each process of a service makes and accepts the same. */
export interface Nonces {
  current(): string
  /** Whether a nonce is the current one, the one before, or the next one of a process whose clock is ahead. */
  accepts(nonce: unknown): boolean
}

/** @param interval - Milliseconds after which a new nonce is current. */
export function createNonces(secret: string | Buffer, interval: number): Nonces {
  let slot = -1
  let nonces: readonly string[] = []

  const nonceOf = (of: number): string =>
    createHmac('sha256', secret).update(`dpop-nonce ${of}`).digest('base64url').slice(0, 22)
  const atPresent = (): readonly string[] => {
    const now = Math.floor(Date.now() / interval)
    if (now !== slot) {
      nonces = [nonceOf(now), nonceOf(now - 1), nonceOf(now + 1)]
      slot = now
    }
    return nonces
  }

  return {
    current: () => atPresent()[0]!,
    accepts: (nonce) => typeof nonce === 'string' && atPresent().includes(nonce)
  }
}
