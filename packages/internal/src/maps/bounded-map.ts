import { randomInt } from 'node:crypto'
import { LinkedMap } from './linked-map.ts'
import { shardCount, shardIndex } from './shards.ts'

/** How many expired entries each `set` deletes: more than one, so that their number falls. */
const sweepSize = 4

/**
 * A map with a limit of entries: the oldest one makes room, expired ones first. However many entries there are, no
 * call takes long.
 */
export class BoundedMap<V> {
  readonly #shards: LinkedMap<V>[]
  readonly #shardLimit: number
  readonly #isExpired: ((value: V) => boolean) | undefined
  readonly #seed = randomInt(2 ** 32)

  /**
   * @param limit - Entries at most. With 0 the map keeps nothing.
   * @param isExpired - Whether an entry may go before the limit is reached.
   */
  constructor(limit: number, isExpired?: (value: V) => boolean) {
    const count = shardCount(limit)
    this.#shards = Array.from({ length: count }, () => new LinkedMap<V>())
    // Keys spread evenly, so that together the shards come close to the limit before one of them is full.
    this.#shardLimit = Math.floor(limit / count)
    this.#isExpired = isExpired
  }

  get size(): number {
    return this.#shards.reduce((sum, { size }) => sum + size, 0)
  }

  get(key: string): V | undefined {
    return this.#shardOf(key).get(key)
  }

  /** Adds or replaces an entry. It becomes the newest. */
  set(key: string, value: V): void {
    if (this.#shardLimit === 0) return
    const shard = this.#shardOf(key)
    for (let i = 0; i < sweepSize && shard.size > 0 && this.#isExpired?.(shard.oldest!) === true; i++)
      shard.deleteOldest()
    if (shard.size >= this.#shardLimit && shard.get(key) === undefined) shard.deleteOldest()
    shard.set(key, value)
  }

  delete(key: string): boolean {
    return this.#shardOf(key).delete(key)
  }

  clear(): void {
    for (const shard of this.#shards) shard.clear()
  }

  /** All entries, in no order. While it runs, only the entry that it has just yielded may be deleted. */
  *entries(): Generator<[key: string, value: V], undefined> {
    for (const shard of this.#shards) yield* shard.entries()
  }

  #shardOf(key: string): LinkedMap<V> {
    return this.#shards[shardIndex(key, this.#shards.length, this.#seed)]!
  }
}
