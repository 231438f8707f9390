import { randomBytes } from 'node:crypto'
import { argon2idHash } from './argon2id.ts'
import { HashQueue } from './hash-queue.ts'
import type { ResolvedLogin } from './options.ts'
import { scryptHash } from './scrypt.ts'

export interface Passwords {
  /** Hashes a password for storage: `$scrypt$ln=15,r=8,p=3$salt$hash`. */
  hash(password: string): Promise<string>
  /** Whether the password matches the hash. It takes as long without a hash (an unknown user) as with one. */
  verify(password: string, stored: string | null | undefined): Promise<boolean>
  /** Whether a hash was made with another cost, or by another program. */
  needsRehash(stored: string | null | undefined): boolean
}

/** Hashes by scrypt, or by Argon2id if the app has set it. Hashes of both are verified. */
export function createPasswords({ cost, argon2id }: Pick<ResolvedLogin, 'cost' | 'argon2id'>): Passwords {
  const queue = new HashQueue()
  const byScrypt = scryptHash(cost, queue)
  const byArgon2id = argon2idHash(argon2id, queue)
  const current = argon2id === undefined ? byScrypt : byArgon2id
  let dummy: Promise<string> | undefined

  return {
    hash: (password) => current.hash(password),
    needsRehash: (stored) => !current.isCurrent(stored ?? ''),
    async verify(password, stored) {
      const algorithm = [byScrypt, byArgon2id].find(
        (each) => typeof stored === 'string' && each.recognizes(stored)
      )
      if (algorithm !== undefined) return algorithm.verify(password, stored!)
      dummy ??= current.hash(randomBytes(16).toString('hex')).catch((error: unknown) => {
        dummy = undefined
        throw error
      })
      await current.verify(password, await dummy)
      return false
    }
  }
}
