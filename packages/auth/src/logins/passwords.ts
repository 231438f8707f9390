import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto'

// scrypt, because it is in every Node this package supports; argon2 is only in newer ones, or a native module with
// an install script. r = 8 and p = 3 at N = 2^15 is as strong as OWASP asks for, in 32 MiB instead of 128.
const blockSize = 8
const parallelization = 3
const keyBytes = 32

export interface Passwords {
  /** Hashes a password for keeping: `$scrypt$ln=15,r=8,p=3$salt$hash`. */
  hash(password: string): Promise<string>
  /** Whether it is the password. As slow without a hash (an unknown user) as with one. */
  verify(password: string, stored: string | null | undefined): Promise<boolean>
}

const derive = (password: string, salt: Buffer, length: number, options: ScryptOptions): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    // One spelling of each character, or a password typed on another keyboard is another password.
    scrypt(password.normalize('NFKC'), salt, length, options, (error, key) =>
      error ? reject(error) : resolve(key)
    )
  })
const settings = (ln: number, r: number, p: number): ScryptOptions => ({
  N: 2 ** ln,
  r,
  p,
  maxmem: 256 * 2 ** ln * r * p
})

const format = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/
const text = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')

export function createPasswords(cost: number): Passwords {
  let dummy: Promise<string> | undefined

  async function hash(password: string): Promise<string> {
    const salt = randomBytes(16)
    const key = await derive(password, salt, keyBytes, settings(cost, blockSize, parallelization))
    return `$scrypt$ln=${cost},r=${blockSize},p=${parallelization}$${text(salt)}$${text(key)}`
  }
  async function matches(password: string, stored: string): Promise<boolean> {
    const [, ln, r, p, salt = '', key = ''] = format.exec(stored) ?? []
    // Settings beyond these would be a way to stop the process.
    if (ln === undefined || Number(ln) > 20 || Number(r) > 32 || Number(p) > 16) return false
    const expected = Buffer.from(key, 'base64')
    const options = settings(Number(ln), Number(r), Number(p))
    const actual = await derive(password, Buffer.from(salt, 'base64'), expected.length, options)
    return timingSafeEqual(actual, expected)
  }

  return {
    hash,
    async verify(password, stored) {
      if (typeof stored === 'string' && format.test(stored)) return matches(password, stored)
      dummy ??= hash(randomBytes(16).toString('hex'))
      await matches(password, await dummy)
      return false
    }
  }
}
