import { randomFillSync } from 'node:crypto'

/** Random bytes are expensive per call, whether few or many: each call fetches those of this many ids. */
const idsPerFill = 128
/** An id is a slice of the text that it was written in, and keeps it alive: each text has only this many ids. */
const idsPerText = 16

/** Random ids of so many bytes, in hexadecimal digits. */
function digitsSource(bytes: number, shape?: (pool: Buffer) => void): () => string {
  const pool = Buffer.alloc(bytes * idsPerFill)
  const step = bytes * idsPerText
  const size = bytes * 2
  let at = pool.length
  let text = ''
  let offset = 0
  return () => {
    if (offset === text.length) {
      if (at === pool.length) {
        randomFillSync(pool)
        shape?.(pool)
        at = 0
      }
      text = pool.toString('hex', at, (at += step))
      offset = 0
    }
    return text.slice(offset, (offset += size))
  }
}

/** Random 16-digit span ids. */
export function spanIdSource(): () => string {
  const next = digitsSource(8)
  return () => {
    const id = next()
    // W3C Trace Context forbids the id of zeroes.
    return id === '0000000000000000' ? '0000000000000001' : id
  }
}

/** Random 32-digit trace ids, each of them the digits of a random UUID (version 4 of RFC 9562). */
export const traceIdSource = (): (() => string) => digitsSource(16, setUuidBits)

function setUuidBits(pool: Buffer): void {
  for (let at = 0; at < pool.length; at += 16) {
    pool[at + 6] = (pool[at + 6]! & 0x0f) | 0x40
    pool[at + 8] = (pool[at + 8]! & 0x3f) | 0x80
  }
}

/** The UUID that has these digits. */
export const uuidOf = (digits: string): string =>
  `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20)}`
