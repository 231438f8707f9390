/** A Map that grows moves all that it has at once: a million entries hold the event loop for a fifth of a second. */
const pieceSize = 16_384

/** Into how many Maps so many entries go, a power of two, so that none of them takes long to grow. */
export const piecesFor = (capacity: number): number =>
  2 ** Math.max(0, Math.ceil(Math.log2(capacity / pieceSize)))

/** Which of the pieces a key is in. With a random seed nobody can choose keys that are all in one. */
export const pieceOf = (key: string, pieces: number, seed: number): number =>
  // The end of a long text: tokens begin alike.
  pieces === 1 ? 0 : hash(key, seed, Math.max(0, key.length - 64)) & (pieces - 1)

/** FNV-1a, from a place in the text on. */
export function hash(text: string, seed: number, from = 0): number {
  let value = seed
  for (let i = from; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 16_777_619)
  return value ^ (value >>> 15)
}
