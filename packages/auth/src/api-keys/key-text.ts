import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** Six digits of base 62 hold any checksum of 32 bits. */
const checksumLength = 6

/** A checksum as GitHub's tokens have it: it distinguishes a key from a text that looks like one, for us and for scanners of leaked keys. */
function checksumOf(text: string): string {
  let rest = crc32(text)
  let result = ''
  for (let i = 0; i < checksumLength; i++) {
    result = digits.charAt(rest % digits.length) + result
    rest = Math.floor(rest / digits.length)
  }
  return result
}

/** A fast hash is enough: a key has 256 random bits, so it cannot be guessed. */
export const hashKey = (key: string): Buffer => createHash('sha256').update(key).digest()

/** Whether a text can be the id of a key. */
export const isKeyId = (id: unknown): id is string => typeof id === 'string' && /^[0-9a-f]{16}$/.test(id)

/** The text of a new key with an id: `sk_0123456789abcdef_` with 43 random characters and 6 of the checksum. */
export function newKeyText(prefix: string, id: string): string {
  const text = `${prefix}_${id}_${randomBytes(32).toString('base64url')}`
  return text + checksumOf(text)
}

/** Finds the id in a key. `undefined` for a text that cannot be one of ours: nothing has to be looked up. */
export function keyReader(prefix: string): (text: unknown) => string | undefined {
  const format = new RegExp(`^${prefix}_([0-9a-f]{16})_[A-Za-z0-9_-]{43}[0-9A-Za-z]{${checksumLength}}$`)
  const length = prefix.length + 1 + 16 + 1 + 43 + checksumLength
  return (text) => {
    if (typeof text !== 'string' || text.length !== length) return undefined
    const id = format.exec(text)?.[1]
    if (id === undefined) return undefined
    return checksumOf(text.slice(0, -checksumLength)) === text.slice(-checksumLength) ? id : undefined
  }
}
