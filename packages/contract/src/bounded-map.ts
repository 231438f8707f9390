import { randomInt } from 'node:crypto'
import { LinkedMap } from './linked-map.ts'
import { pieceOf, piecesFor } from './pieces.ts'

/** How many entries that have ended are let go when one comes: more than one, so that they become fewer. */
const sweep = 4

/**
 * A map of at most so many entries: the oldest makes room, and those at its end that have ended go first. However many
 * there are, no call takes long.
 */
export class BoundedMap<V> {
  readonly #pieces: LinkedMap<V>[]
  readonly #limit: number
  readonly #ended: ((value: V) => boolean) | undefined
  readonly #seed = randomInt(2 ** 32)

  constructor(limit: number, ended?: (value: V) => boolean) {
    const count = piecesFor(limit)
    this.#pieces = Array.from({ length: count }, () => new LinkedMap<V>())
    // Of each piece. Keys spread evenly, so that together they come close to the limit before one is full.
    this.#limit = Math.floor(limit / count)
    this.#ended = ended
  }

  get size(): number {
    return this.#pieces.reduce((sum, { size }) => sum + size, 0)
  }

  get(key: string): V | undefined {
    return this.#of(key).get(key)
  }

  /** The entry is the newest from here on. Without a limit above 0 nothing is kept. */
  set(key: string, value: V): void {
    const piece = this.#of(key)
    if (this.#limit === 0) return
    for (let i = 0; i < sweep && piece.size > 0 && this.#ended?.(piece.oldest!) === true; i++)
      piece.deleteOldest()
    if (piece.size >= this.#limit && piece.get(key) === undefined) piece.deleteOldest()
    piece.set(key, value)
  }

  delete(key: string): boolean {
    return this.#of(key).delete(key)
  }

  clear(): void {
    for (const piece of this.#pieces) piece.clear()
  }

  /** In no order. What is deleted meanwhile must be no other than the one that was just given. */
  *entries(): Generator<[key: string, value: V], undefined> {
    for (const piece of this.#pieces) yield* piece.entries()
  }

  #of(key: string): LinkedMap<V> {
    return this.#pieces[pieceOf(key, this.#pieces.length, this.#seed)]!
  }
}
