import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto'
import type { HashQueue } from './hash-queue.ts'
import { base64, keyBytes, normalize, saltBytes, type PasswordHash } from './password-hash.ts'

const blockSize = 8

/** As strong as OWASP recommends from N = 2^14 on: p = 3 at N = 2^15 is as strong as p = 1 at 2^17, in a quarter of the memory. */
const parallelizationOf = (cost: number): number => (cost < 15 ? 5 : 3)

const derive = (password: string, salt: Buffer, length: number, options: ScryptOptions): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    scrypt(normalize(password), salt, length, options, (error, key) => (error ? reject(error) : resolve(key)))
  })

const scryptOptions = (ln: number, r: number, p: number): ScryptOptions => ({
  N: 2 ** ln,
  r,
  p,
  maxmem: 256 * 2 ** ln * r * p
})

const format = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

/** Every supported Node has scrypt. @param cost - N = 2^cost. */
export function scryptHash(cost: number, queue: HashQueue): PasswordHash {
  const parallelization = parallelizationOf(cost)
  return {
    async hash(password) {
      const salt = randomBytes(saltBytes)
      const options = scryptOptions(cost, blockSize, parallelization)
      const key = await queue.run(() => derive(password, salt, keyBytes, options))
      return `$scrypt$ln=${cost},r=${blockSize},p=${parallelization}$${base64(salt)}$${base64(key)}`
    },
    recognizes: (stored) => format.test(stored),
    async verify(password, stored) {
      const [, ln, r, p, salt = '', key = ''] = format.exec(stored) ?? []
      if (ln === undefined || Number(ln) > 20 || Number(r) > 32 || Number(p) > 16) return false
      const expected = Buffer.from(key, 'base64')
      const options = scryptOptions(Number(ln), Number(r), Number(p))
      const actual = await queue.run(() =>
        derive(password, Buffer.from(salt, 'base64'), expected.length, options)
      )
      return timingSafeEqual(actual, expected)
    },
    isCurrent(stored) {
      const [, ln, r, p] = format.exec(stored) ?? []
      return Number(ln) === cost && Number(r) === blockSize && Number(p) === parallelization
    }
  }
}
