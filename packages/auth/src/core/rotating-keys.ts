/** Keys of one purpose: the newest, and those that may still be in use. */
const maxKeys = 8

interface Entry<K> {
  readonly key: K
  /** Milliseconds since 1970. */
  readonly until: number
}

/**
 * The keys of one purpose, which may be rotated at run time: the first one signs or encrypts, all verify. A replaced key
 * verifies for as long as what it has made is valid.
 */
export class RotatingKeys<K> {
  #entries: readonly Entry<K>[]
  readonly #lifetime: number
  readonly #equals: (one: K, other: K) => boolean

  /**
   * @param keys - Those of the options. They verify until the process ends, unless they are replaced.
   * @param lifetime - Milliseconds for which a replaced key verifies.
   */
  constructor(
    keys: readonly K[],
    lifetime: number,
    equals: (one: K, other: K) => boolean = (one, other) => one === other
  ) {
    this.#entries = keys.map((key) => ({ key, until: Infinity }))
    this.#lifetime = lifetime
    this.#equals = equals
  }

  /** The key that signs or encrypts. */
  get current(): K {
    return this.#entries[0]!.key
  }

  get size(): number {
    return this.#entries.length
  }

  /** All keys that verify, the current one first. */
  get all(): K[] {
    const now = Date.now()
    return this.#entries.filter(({ until }) => until > now).map(({ key }) => key)
  }

  /** The key at an index, in the order in which they are tried. `undefined` at the end; `expired` for one to skip. */
  at(index: number): K | 'expired' | undefined {
    const entry = this.#entries[index]
    if (entry === undefined) return undefined
    return entry.until > Date.now() ? entry.key : 'expired'
  }

  /** Lets a key verify that will be the first one soon: other processes may have it first already. */
  accept(next: K): void {
    const [current, ...others] = this.#entries
    const entries = [...(current ? [current] : []), { key: next, until: Infinity }, ...others]
    this.#entries = entries
      .filter(({ key }, index) => index <= 1 || !this.#equals(key, next))
      .slice(0, maxKeys)
  }

  /** Puts a new key first. Returns whether it is another one than the current. */
  rotate(next: K): boolean {
    const [current, ...others] = this.#entries
    if (current !== undefined && this.#equals(current.key, next)) return false
    const now = Date.now()
    const replaced = current && { key: current.key, until: Math.min(current.until, now + this.#lifetime) }
    this.#entries = [{ key: next, until: Infinity }, ...(replaced ? [replaced] : []), ...others]
      .filter(({ key, until }, index) => index === 0 || (until > now && !this.#equals(key, next)))
      .slice(0, maxKeys)
    return true
  }
}
