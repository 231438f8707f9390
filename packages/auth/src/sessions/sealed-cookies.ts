import { webcrypto } from 'node:crypto'
import { compactDecrypt } from 'jose/jwe/compact/decrypt'
import { CompactEncrypt } from 'jose/jwe/compact/encrypt'
import { RotatingKeys } from '../core/rotating-keys.ts'
import type { SessionContent } from './session.ts'

/** The content of a cookie. */
export interface SealedSession {
  readonly content: SessionContent
  /** **Seconds** since 1970. */
  readonly changedAt: number
}

/** Encrypts sessions for their cookies, and reads them back. */
export interface SealedCookies {
  seal(session: SealedSession): Promise<string>
  /** `undefined` for a cookie that no key has sealed. `isOld`: not the first key. */
  open(cookie: string): Promise<(SealedSession & { readonly isOld: boolean }) | undefined>
  /** Opens cookies of a new key. The returned function lets it seal. */
  accept(key: Buffer): Promise<() => void>
  /** The letters of a sealed session. */
  lengthOf(session: SealedSession): number
}

const header = { alg: 'dir', enc: 'A256GCM' }
/** The start of each of our cookies: no other algorithm is even tried. */
const prefix = `${Buffer.from(JSON.stringify(header)).toString('base64url')}..`
const allowed = { keyManagementAlgorithms: [header.alg], contentEncryptionAlgorithms: [header.enc] }
/** Letters of the nonce, the tag and the dots before them. */
const overhead = prefix.length + 16 + 1 + 1 + 22
/** Letters. A longer value is no cookie of a browser. */
const maxLength = 8192

const textOf = ({ content, changedAt }: SealedSession): string =>
  JSON.stringify({ iat: changedAt, session: content })

/** `undefined` for what another program has sealed with the key. */
function parse(bytes: Uint8Array): SealedSession | undefined {
  try {
    const { iat, session } = JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>
    if (typeof iat !== 'number' || typeof session !== 'object' || session === null) return undefined
    return { changedAt: iat, content: session as SessionContent }
  } catch {
    return undefined
  }
}

/**
 * A cookie is a JSON Web Encryption (RFC 7516) with AES-256-GCM.
 *
 * @param keys - 32 bytes each. The first one seals, all open.
 * @param lifetime - Milliseconds for which a replaced key opens.
 */
export async function createSealedCookies(
  keys: readonly Buffer[],
  lifetime: number = Infinity
): Promise<SealedCookies> {
  const importKey = async (key: Buffer): Promise<webcrypto.CryptoKey> =>
    webcrypto.subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt', 'decrypt'])
  const imported = new RotatingKeys(await Promise.all(keys.map(importKey)), lifetime)

  return {
    seal: (session) =>
      new CompactEncrypt(Buffer.from(textOf(session))).setProtectedHeader(header).encrypt(imported.current),

    async open(cookie) {
      if (!cookie.startsWith(prefix) || cookie.length > maxLength) return undefined
      for (let index = 0; ; index++) {
        const key = imported.at(index)
        if (key === undefined) return undefined
        if (key === 'expired') continue
        // A cookie of another key is none of ours.
        const opened = await compactDecrypt(cookie, key, allowed).catch(() => undefined)
        const session = opened && parse(opened.plaintext)
        if (session !== undefined) return { ...session, isOld: index > 0 }
      }
    },

    async accept(key) {
      const next = await importKey(key)
      imported.accept(next)
      return () => void imported.rotate(next)
    },

    lengthOf: (session) => overhead + Math.ceil((Buffer.byteLength(textOf(session)) * 4) / 3)
  }
}
