import { createHmac } from 'node:crypto'

/** Nonces that follow from a secret and the time, so that each process of a service makes and accepts the same. */
export interface Nonces {
  current(): string
  /** Whether a nonce is the current one, the one before, or the next one of a process whose clock is ahead. */
  accepts(nonce: unknown): boolean
}

/** @param interval - Milliseconds after which a new nonce is current. */
export function createNonces(secret: string | Buffer, interval: number): Nonces {
  let cachedIndex = -1
  let nonces: readonly string[] = []

  const nonceOf = (index: number): string =>
    createHmac('sha256', secret).update(`dpop-nonce ${index}`).digest('base64url').slice(0, 22)
  const acceptedNonces = (): readonly string[] => {
    const index = Math.floor(Date.now() / interval)
    if (index !== cachedIndex) {
      nonces = [nonceOf(index), nonceOf(index - 1), nonceOf(index + 1)]
      cachedIndex = index
    }
    return nonces
  }

  return {
    current: () => acceptedNonces()[0]!,
    accepts: (nonce) => typeof nonce === 'string' && acceptedNonces().includes(nonce)
  }
}
