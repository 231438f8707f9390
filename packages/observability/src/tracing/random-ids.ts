import { randomFillSync } from 'node:crypto'

/** Random ids of so many bytes, in hexadecimal digits. They are drawn `batch` at a time and written as one text. */
function digitsSource(bytes: number, batch: number, shape?: (pool: Buffer) => void): () => string {
  const pool = Buffer.alloc(bytes * batch)
  const size = bytes * 2
  let text = ''
  let offset = 0
  return () => {
    if (offset === text.length) {
      randomFillSync(pool)
      shape?.(pool)
      text = pool.toString('hex')
      offset = 0
    }
    return text.slice(offset, (offset += size))
  }
}

// An id is a piece of its batch's text and keeps it alive for as long as it is kept itself: batches are small.
const batch = 16

/** Random 16-digit span ids. */
export function spanIdSource(): () => string {
  const next = digitsSource(8, batch)
  return () => {
    const id = next()
    // All zeroes is the one id that W3C forbids.
    return id === '0000000000000000' ? '0000000000000001' : id
  }
}

/** Random 32-digit trace ids, each of them the digits of a random UUID (version 4 of RFC 9562). */
export const traceIdSource = (): (() => string) => digitsSource(16, batch, asUuids)

function asUuids(pool: Buffer): void {
  for (let at = 0; at < pool.length; at += 16) {
    pool[at + 6] = (pool[at + 6]! & 0x0f) | 0x40
    pool[at + 8] = (pool[at + 8]! & 0x3f) | 0x80
  }
}

/** The UUID that has these digits. */
export const uuidOf = (digits: string): string =>
  `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20)}`
