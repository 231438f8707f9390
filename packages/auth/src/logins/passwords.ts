import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto'
import { HashQueue } from './hash-queue.ts'

// scrypt, because every supported Node has it: argon2 needs a newer one, or a native module with an install script.
// r = 8 and p = 3 at N = 2^15 are as strong as OWASP recommends, in 32 MiB instead of 128.
const blockSize = 8
const parallelization = 3
const keyBytes = 32

export interface Passwords {
  /** Hashes a password for storage: `$scrypt$ln=15,r=8,p=3$salt$hash`. */
  hash(password: string): Promise<string>
  /** Whether the password matches the hash. It takes as long without a hash (an unknown user) as with one. */
  verify(password: string, stored: string | null | undefined): Promise<boolean>
  /** Whether a hash was made with another cost, or by another program. */
  needsRehash(stored: string | null | undefined): boolean
}

const derive = (password: string, salt: Buffer, length: number, options: ScryptOptions): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    // Normalized, so that a password typed on another keyboard has the same bytes.
    scrypt(password.normalize('NFKC'), salt, length, options, (error, key) =>
      error ? reject(error) : resolve(key)
    )
  })

const scryptOptions = (ln: number, r: number, p: number): ScryptOptions => ({
  N: 2 ** ln,
  r,
  p,
  maxmem: 256 * 2 ** ln * r * p
})

const format = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/
const base64 = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')

/** @param cost - N = 2^cost. */
export function createPasswords(cost: number): Passwords {
  let dummy: Promise<string> | undefined
  const queue = new HashQueue()

  async function hash(password: string): Promise<string> {
    const salt = randomBytes(16)
    const options = scryptOptions(cost, blockSize, parallelization)
    const key = await queue.run(() => derive(password, salt, keyBytes, options))
    return `$scrypt$ln=${cost},r=${blockSize},p=${parallelization}$${base64(salt)}$${base64(key)}`
  }

  async function matches(password: string, stored: string): Promise<boolean> {
    const [, ln, r, p, salt = '', key = ''] = format.exec(stored) ?? []
    // Higher parameters could exhaust the process.
    if (ln === undefined || Number(ln) > 20 || Number(r) > 32 || Number(p) > 16) return false
    const expected = Buffer.from(key, 'base64')
    const options = scryptOptions(Number(ln), Number(r), Number(p))
    const actual = await queue.run(() =>
      derive(password, Buffer.from(salt, 'base64'), expected.length, options)
    )
    return timingSafeEqual(actual, expected)
  }

  return {
    hash,
    needsRehash(stored) {
      const [, ln, r, p] = format.exec(stored ?? '') ?? []
      return Number(ln) !== cost || Number(r) !== blockSize || Number(p) !== parallelization
    },
    async verify(password, stored) {
      if (typeof stored === 'string' && format.test(stored)) return matches(password, stored)
      dummy ??= hash(randomBytes(16).toString('hex')).catch((error: unknown) => {
        dummy = undefined
        throw error
      })
      await matches(password, await dummy)
      return false
    }
  }
}
