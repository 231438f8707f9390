/** A Map that grows moves all entries at once: at a million that blocks the event loop for a fifth of a second. */
const shardSize = 16_384

/** Over how many Maps to spread so many entries, a power of two, so that none of them takes long to grow. */
export const shardCount = (capacity: number): number =>
  2 ** Math.max(0, Math.ceil(Math.log2(capacity / shardSize)))

/** The shard of a key. A random seed keeps an attacker from choosing keys that all fall into one shard. */
export const shardIndex = (key: string, shards: number, seed: number): number =>
  // The end of a long text: tokens begin alike.
  shards === 1 ? 0 : fnv1a(key, seed, Math.max(0, key.length - 64)) & (shards - 1)

/** The FNV-1a hash of a text, from the index `from` on. */
export function fnv1a(text: string, seed: number, from = 0): number {
  let value = seed
  for (let i = from; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 16_777_619)
  return value ^ (value >>> 15)
}
