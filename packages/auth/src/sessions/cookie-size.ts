/** Browsers silently drop a cookie whose name and value are longer (RFC 6265bis). Bytes. */
const maxBytes = 4096
/** The encryption's tag and nonce. */
const tagBytes = 16
const nonceLetters = 40
/** Two of the 64 letters take three bytes in a cookie. The margin covers a value with more of them than usual. */
const letterBytes = 1 + (2 * 2) / 64
const margin = 128
/** Bytes of the session's id, which is added when the session is saved. */
const idBytes = 64

/** The bytes of the cookie that a session needs, a few more than on average. */
export function cookieBytesOf(name: string, data: object): number {
  const text = Buffer.byteLength(JSON.stringify(data)) + idBytes
  const letters = Math.ceil((text + tagBytes) / 3) * 4
  return Math.ceil(name.length + letters * letterBytes + nonceLetters + margin)
}

export const fitsIntoCookie = (bytes: number): boolean => bytes <= maxBytes
