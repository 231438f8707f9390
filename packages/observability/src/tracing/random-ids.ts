import { randomFillSync } from 'node:crypto'

const size = 8

/** Random 16-digit span ids. Bytes are drawn 512 ids at a time. */
export function spanIdSource(): () => string {
  const pool = Buffer.alloc(size * 512)
  let offset = pool.length
  return () => {
    if (offset === pool.length) {
      randomFillSync(pool)
      offset = 0
    }
    const id = pool.toString('hex', offset, offset + size)
    offset += size
    // All zeroes is the one id that W3C forbids.
    return id === '0000000000000000' ? '0000000000000001' : id
  }
}
