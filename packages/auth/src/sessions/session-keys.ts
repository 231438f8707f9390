import { hkdfSync, scrypt, type ScryptOptions } from 'node:crypto'

/** As strong as for passwords: the secret may be one. */
const derivation: ScryptOptions = { N: 2 ** 15, r: 8, p: 3, maxmem: 2 ** 30 }
const defaultSalt = 'seaworthy session'

/** Derives the key of the cookies from a secret. */
export const deriveKey = (secret: string | Buffer, salt: Buffer | undefined): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    scrypt(secret, salt ?? defaultSalt, 32, derivation, (error, key) =>
      error ? reject(error) : resolve(key)
    )
  })

/** The secret for signed cookies of the app: another one than that of the sessions, and none needs an option. */
export const signatureSecretOf = (key: Buffer): string =>
  Buffer.from(hkdfSync('sha256', key, '', 'seaworthy cookie signature', 32)).toString('base64url')
