import crypto from 'node:crypto'
import {
  argon2idDefaults,
  maxIterations,
  maxMemory,
  maxParallelism,
  type ResolvedArgon2id
} from './argon2id-options.ts'
import type { HashQueue } from './hash-queue.ts'
import { base64, keyBytes, normalize, saltBytes, type PasswordHash } from './password-hash.ts'

const format =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{16,86})$/

function derive(
  password: string,
  salt: Buffer,
  length: number,
  { memory, iterations, parallelism }: ResolvedArgon2id
): Promise<Buffer> {
  const parameters = {
    message: password,
    nonce: salt,
    memory,
    passes: iterations,
    parallelism,
    tagLength: length
  }
  // oxlint-disable-next-line typescript/no-unnecessary-condition -- Node has it since 24.7
  if (crypto.argon2 === undefined)
    throw new Error('auth: a password hash by Argon2id needs Node 24.7 or newer')
  return new Promise((resolve, reject) => {
    crypto.argon2('argon2id', parameters, (error, key) => (error ? reject(error) : resolve(key)))
  })
}

/** The parameters of a stored hash. */
function parametersOf(stored: string): (ResolvedArgon2id & { salt: Buffer; key: Buffer }) | undefined {
  const [, m, t, p, salt = '', key = ''] = format.exec(stored) ?? []
  if (m === undefined) return undefined
  return {
    memory: Number(m),
    iterations: Number(t),
    parallelism: Number(p),
    salt: Buffer.from(salt, 'base64'),
    key: Buffer.from(key, 'base64')
  }
}

/** Argon2id, of which hashes by other programs are verified too. @throws Error for one of them before Node 24.7. */
export function argon2idHash(
  { memory, iterations, parallelism }: ResolvedArgon2id = argon2idDefaults,
  queue: HashQueue
): PasswordHash {
  return {
    async hash(password) {
      const salt = crypto.randomBytes(saltBytes)
      const options = { memory, iterations, parallelism }
      const key = await queue.run(() => derive(normalize(password), salt, keyBytes, options))
      return `$argon2id$v=19$m=${memory},t=${iterations},p=${parallelism}$${base64(salt)}$${base64(key)}`
    },
    recognizes: (stored) => format.test(stored),
    async verify(password, stored) {
      const parameters = parametersOf(stored)
      if (parameters === undefined) return false
      const { memory: m, iterations: t, parallelism: p, salt, key } = parameters
      const isCheap = m <= maxMemory && t <= maxIterations && p <= maxParallelism
      if (!isCheap || p < 1 || t < 1 || m < 8 * p) return false
      const normalized = normalize(password)
      // Other programs hash the bytes as they are.
      const forms = normalized === password ? [password] : [normalized, password]
      for (const form of forms) {
        // oxlint-disable-next-line no-await-in-loop -- the second only if the first is wrong
        const actual = await queue.run(() => derive(form, salt, key.length, parameters))
        if (crypto.timingSafeEqual(actual, key)) return true
      }
      return false
    },
    isCurrent(stored) {
      const { memory: m, iterations: t, parallelism: p } = parametersOf(stored) ?? {}
      return m === memory && t === iterations && p === parallelism
    }
  }
}
